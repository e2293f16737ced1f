import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const project = path.join(__dirname, '../..');
const read = async <Document>(file: string) =>
  JSON.parse(await fs.readFile(path.join(project, file), 'utf8')) as Document;

const onUnix = process.platform === 'win32' ? test.skip : test;
onUnix('the compiled command may be run in a checkout', async () => {
  const { scripts } = await read<{ scripts: Record<string, string> }>('package.json');
  expect(scripts['build:ts']).toContain('node scripts/mark-executable.mjs');

  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-checkout-'));
  try {
    await fs.writeFile(path.join(folder, 'package.json'), JSON.stringify({ bin: { gdws: './main.js' } }));
    await fs.writeFile(path.join(folder, 'main.js'), '', { mode: 0o640 });
    await promisify(execFile)(process.execPath, [path.join(project, 'scripts/mark-executable.mjs')], { cwd: folder });
    expect((await fs.stat(path.join(folder, 'main.js'))).mode & 0o777).toBe(0o751);
  } finally {
    await fs.rm(folder, { recursive: true });
  }
});

// Its install script fetches libraries for CUDA from outside the registry. npm runs it where the lock says that there is one,
// and newer ones ask allowScripts besides.
test('an installation fetches nothing but packages', async () => {
  const { packages } = await read<{ packages: Record<string, { hasInstallScript?: boolean }> }>('package-lock.json');
  const { allowScripts } = await read<{ allowScripts: Record<string, boolean> }>('package.json');
  expect(packages['node_modules/onnxruntime-node']).toBeDefined();
  // After an update of onnxruntime-node, remove this line of its entry by hand.
  expect(packages['node_modules/onnxruntime-node']!.hasInstallScript).toBeUndefined();
  expect(allowScripts['onnxruntime-node']).toBe(false);
});

// npm warns of each at every script that it runs.
test('.npmrc has only what npm knows', async () => {
  const lines = (await fs.readFile(path.join(project, '.npmrc'), 'utf8')).trim().split('\n');
  expect(lines).toEqual(['omit-lockfile-registry-resolved=true']);
});

test('package.json says where the project is, and whose', async () => {
  const { repository, homepage, bugs, author } = await read<{
    repository: { type: string; url: string };
    homepage: string;
    bugs: { url: string };
    author: string;
  }>('package.json');
  expect(repository).toMatchObject({ type: 'git', url: expect.stringMatching(/^git\+https:.*\.git$/) as string });
  const home = repository.url.replace(/^git\+|\.git$/g, '');
  expect(homepage.startsWith(home)).toBe(true);
  expect(bugs.url).toBe(`${home}/issues`);
  expect(author).not.toBe('');
});
