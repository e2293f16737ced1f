import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Concurrency } from '../../src/addon/introspection';

const addon = process.env.GDWS_ADDON ?? path.join(__dirname, '..', '..', 'build', 'Release', 'gdws.node');
const script = `const { concurrency, affinity, quota } = require(${JSON.stringify(addon)});
  process.stdout.write(JSON.stringify({ threads: concurrency, affinity, quota }));`;

// The library of a sanitizer, where the tests run with one, is for Node alone: Debian's shell does not start with it.
const { LD_PRELOAD: preload, ...env } = process.env;
const node = ['env', ...(preload ? [`LD_PRELOAD=${preload}`] : []), process.execPath, '-e', script];

/** What a process says that a shell starts by `exec "$@"`, after other commands. */
function within(commands: string): Concurrency {
  const all = ['-c', `set -e; ${commands}; exec "$@"`, 'sh', ...node];
  return JSON.parse(
    execFileSync('sh', all, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  ) as Concurrency;
}

const processors = os.availableParallelism();

/** A group of the version 1 controller, in which the tests make their own; undefined where that may not be done. */
function makeGroup(): string | undefined {
  try {
    return fs.mkdtempSync('/sys/fs/cgroup/cpu/gdws-test-');
  } catch {
    return undefined;
  }
}

const group = process.platform === 'linux' ? makeGroup() : undefined;
afterAll(() => {
  if (group) fs.rmdirSync(group);
});

const bandwidth = (of: string, processors: number) =>
  fs.writeFileSync(path.join(of, 'cpu.cfs_quota_us'), `${processors < 0 ? -1 : processors * 100_000}`);

(group ? describe : describe.skip)('a quota of a cgroup, version 1', () => {
  afterEach(() => bandwidth(group!, -1));

  test.each([
    [0.5, 1],
    [1, 1],
    [1.5, Math.min(2, processors)],
    [100, processors],
  ])('of %p processors gives %p threads', (quota, threads) => {
    bandwidth(group!, quota);
    expect(within(`echo $$ > ${group}/cgroup.procs`)).toMatchObject({ quota, threads });
  });

  test('of a group around its own counts', () => {
    const inner = fs.mkdtempSync(`${group}/inner-`);
    try {
      bandwidth(group!, 0.75);
      expect(within(`echo $$ > ${inner}/cgroup.procs`)).toMatchObject({ quota: 0.75, threads: 1 });
      bandwidth(inner, 0.5);
      expect(within(`echo $$ > ${inner}/cgroup.procs`)).toMatchObject({ quota: 0.5, threads: 1 });
    } finally {
      fs.rmdirSync(inner);
    }
  });

  test('that is none limits nothing', () => {
    expect(within(`echo $$ > ${group}/cgroup.procs`).threads).toBe(processors);
  });
});

/** Whether a process may get file systems of its own, to see what a container sees. */
const mayMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/sys/fs/cgroup']).status === 0;

/** In a container, as far as the process can see. */
function inContainer(files: Readonly<Record<string, string>>): Concurrency {
  const made = Object.entries(files).map(
    ([file, text]) => `mkdir -p /sys/fs/cgroup/${path.dirname(file)}; echo '${text}' > /sys/fs/cgroup/${file}`,
  );
  const commands = ['mount -t tmpfs none /sys/fs/cgroup', ...made, 'exec "$@"'].join('; ');
  const all = ['-m', 'sh', '-c', commands, 'sh', ...node];
  return JSON.parse(execFileSync('unshare', all, { env, encoding: 'utf8' })) as Concurrency;
}

(mayMount ? describe : describe.skip)('a quota that a container sees', () => {
  test.each([
    [{ 'cpu.max': '50000 100000' }, 0.5, 1],
    [{ 'cpu.max': '150000 100000' }, 1.5, Math.min(2, processors)],
    [{ 'cpu.max': 'max 100000' }, undefined, processors],
    [{ 'cpu.max': '' }, undefined, processors],
    [{ 'cpu.max': '0 0' }, undefined, processors],
    [{ 'cpu/cpu.cfs_quota_us': '100000', 'cpu/cpu.cfs_period_us': '100000' }, 1, 1],
    [{ 'cpu/cpu.cfs_quota_us': '-1', 'cpu/cpu.cfs_period_us': '100000' }, undefined, processors],
    [{}, undefined, processors],
  ])('%j is %p', (files, quota, threads) => {
    const found = inContainer(files);
    expect(found.quota).toBe(quota);
    expect(found.threads).toBe(threads);
  });
});
