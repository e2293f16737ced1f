import { spawnSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Children, isLinux, memoryIsKept } from './children';
import type { Outcome, Plan } from './exhausted.child';
import { convolutionStack } from './models';

const canLimit = isLinux && !memoryIsKept && spawnSync('prlimit', ['--version']).status === 0;
const children = new Children();
afterAll(() => children.remove());
const small = children.file('small.onnx', convolutionStack({ channels: 8, layers: 2 }));
const large = children.file('large.onnx', convolutionStack({ channels: 256, layers: 8 }));

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
const smallest = process.env.GDWS_LONG_TESTS ? 1 : 24;

/** Runs the plan with `room` bytes of address space beside what the process has when it begins. */
function underLimit(room: number, plan: Omit<Plan, 'small' | 'large'>) {
  const script = path.join(children.folder, 'test', 'runtime', 'exhausted.child.js');
  const child = spawn(process.execPath, [script, JSON.stringify({ small, large, ...plan } satisfies Plan)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 55_000);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr!.on('data', (data: Buffer) => {
    stderr += data.toString();
    if (!child.connected || !stderr.endsWith('limit\n')) return;
    const size = /VmSize:\s*(\d+) kB/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1];
    const bytes = Number(size) * kilobyte + room;
    expect(spawnSync('prlimit', ['--pid', String(child.pid), `--as=${bytes}:${bytes}`]).status).toBe(0);
    child.send('go');
  });
  return new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** V8 ends the process where it finds no memory for its own heap; that is not ours to mend. */
const isOfV8 = /JavaScript heap out of memory|Fatal process out of memory|v8::internal|V8_Fatal|node::OOMErrorHandler/;

async function survives(room: number, plan: Omit<Plan, 'small' | 'large'>): Promise<readonly string[]> {
  const { code, signal, stdout, stderr } = await underLimit(room, plan);
  const said = stderr.replace('limit\n', '');
  if (isOfV8.test(said)) return ['v8'];
  expect({ room, code, signal, said }).toEqual({ room, code: 0, signal: null, said: '' });
  const { steps, recovered } = JSON.parse(stdout) as Outcome;
  expect(steps.filter((step) => step !== 'ok' && step !== 'OUT_OF_MEMORY')).toEqual([]);
  expect(recovered).toBe(true);
  return steps;
}

(canLimit ? describe : describe.skip)('a process whose address space ends', () => {
  const plan = { dims: [2, 256, 64, 64], threads: 2 };

  test('goes on, wherever it ends', async () => {
    const seen = new Set<string>();
    // From no room for the model to room for everything, in steps that meet each allocation once.
    const rooms: number[] = [];
    for (let room = 8; room <= 400; room += smallest * (room < 128 ? 1 : 4)) rooms.push(room);
    for (let i = 0; i < rooms.length; i += 2) {
      const ends = await Promise.all(rooms.slice(i, i + 2).map((room) => survives(room * megabyte, plan)));
      for (const step of ends.flat()) seen.add(step);
    }
    expect(seen).toContain('OUT_OF_MEMORY');
    expect(seen).toContain('ok');
  });

  test('is told so of a run that is far too large', async () => {
    const steps = await survives(600 * megabyte, { dims: [40, 256, 64, 64], threads: 1 });
    expect(steps).toContain('OUT_OF_MEMORY');
  });
});
