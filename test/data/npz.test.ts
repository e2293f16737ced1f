import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { readNpz } from '../../src/data/npz';

const array = (name: string) => path.join(__dirname, 'arrays', name);

test('archives that numpy wrote, stored and deflated', async () => {
  const stored = await readNpz(array('stored.npz'));
  expect([...stored.keys()].sort()).toEqual(['first', 'layer/second']);
  expect(stored.get('layer/second')).toMatchObject({ type: 'float64', dims: [2, 2] });
  const deflated = await readNpz(array('deflated.npz'));
  expect(deflated.get('zeros')!.size).toBe(1000);
  expect(deflated.get('ramp')!.data).toEqual(BigInt64Array.of(0n, 1n, 2n, 3n, 4n));
});

test('no archive, a damaged one, one that claims to unpack to gigabytes', async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-'));
  const archive = zipSync({ 'a.npy': [await fs.readFile(array('ramp-f4.npy')), { level: 0 }] });
  const bomb = Buffer.from(archive);
  bomb.writeUInt32LE(0x7fffffff, bomb.indexOf('PK\x01\x02') + 24);
  const cut = Buffer.from(archive).subarray(0, archive.length - 30);
  for (const [name, bytes] of Object.entries({ 'no.npz': Buffer.from('no'), 'bomb.npz': bomb, 'cut.npz': cut })) {
    const file = path.join(folder, name);
    await fs.writeFile(file, bytes);
    await expect(readNpz(file)).rejects.toMatchObject({ name: 'GdwsError', code: 'DATA_UNREADABLE', file });
  }
  await expect(readNpz(path.join(folder, 'absent.npz'))).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
  await fs.rm(folder, { recursive: true });
});
