import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { compiledTree } from '../compiled-tree';
import { patience } from '../patience';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface ChildOptions {
  /** A program that starts Node, with its arguments, as `taskset`. */
  readonly prefix?: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A signal to send once the process has printed "ready". */
  readonly killWith?: NodeJS.Signals;
}

/** Milliseconds after which a process is taken to hang; the long variants do at least ten times as much. */
const mostTime = 55_000 * patience * (process.env.GDWS_LONG_TESTS ? 20 : 1);

/** Runs the scripts `*.child.ts` of this folder in processes of their own; one for a test file. */
export class Children {
  readonly folder = compiledTree('src', 'test/runtime');

  /** A path in the folder, which goes with it. */
  file(name: string, bytes?: Uint8Array): string {
    const file = path.join(this.folder, name);
    if (bytes) fs.writeFileSync(file, bytes);
    return file;
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts `name.child.ts` with an argument, as JSON; the folder is its working folder. */
  start(name: string, argument: unknown, options: ChildOptions = {}): Promise<Ended> {
    const { prefix = [], nodeOptions = [], env, killWith } = options;
    const script = path.join(this.folder, 'test', 'runtime', `${name}.child.js`);
    const [program, ...rest] = [...prefix, process.execPath, ...nodeOptions, script, JSON.stringify(argument)];
    const started = performance.now();
    const child = spawn(program, rest, {
      cwd: this.folder,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), mostTime);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      if (killWith && stdout.includes('ready')) child.kill(killWith);
    });
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(limit);
        resolve({ code, signal, stdout, stderr, seconds: (performance.now() - started) / 1000 });
      });
    });
  }

  /** As {@link start}; expects a normal end without complaints, and gives the JSON that it printed. */
  async result<T>(name: string, argument: unknown, options?: ChildOptions): Promise<T> {
    const { code, signal, stdout, stderr } = await this.start(name, argument, options);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    return JSON.parse(stdout) as T;
  }
}

export const isLinux = process.platform === 'linux';

/** Whether a sanitizer is there that keeps what is freed, and has no room in a limited address space. */
export const memoryIsKept = ['address', 'thread'].includes(process.env.GDWS_SANITIZER ?? '');
