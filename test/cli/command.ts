import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { compiledTree } from '../compiled-tree';
import { ended, type Ended } from './ended';

/** The bundled network: input (N, 1, 28, 28), logits (N, 10). */
export const bundled = path.join(__dirname, '../../examples/robust-mnist.onnx');

const tree = compiledTree('src');
afterAll(() => fs.rmSync(tree, { recursive: true }));

interface Place {
  /** The working folder. */
  readonly cwd: string;
  readonly environment?: Record<string, string>;
  /** Whether nobody reads stdout. */
  readonly deaf?: boolean;
}

/** Runs the command line from its sources as a process of its own. */
export function gdws(args: readonly string[], place: Place): Promise<Ended> {
  return run(process.execPath, [...cli, ...args], place);
}

/** Starts it, for the caller to await its end or to kill it. */
export function startGdws(args: readonly string[], place: Place) {
  return start(process.execPath, [...cli, ...args], place);
}

/** Runs it in a terminal, by util-linux's `script`; stdout and stderr are then one. */
export function gdwsInTerminal(args: readonly string[], { cwd, environment }: Place): Promise<Ended> {
  const command = [process.execPath, ...cli, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return run('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    environment: { SHELL: '/bin/sh', TERM: 'xterm', ...environment },
  });
}

export const cli = [path.join(tree, 'src/cli/main.js')];

function run(program: string, args: readonly string[], place: Place): Promise<Ended> {
  return ended(start(program, args, place));
}

function start(program: string, args: readonly string[], { cwd, environment, deaf }: Place) {
  // What decides on colours is the test's to say; so is CI, for Node paints nothing there.
  const { NO_COLOR, FORCE_COLOR, CI, ...inherited } = process.env;
  void [NO_COLOR, FORCE_COLOR, CI];
  const child = spawn(program, args, { cwd, env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  if (deaf) child.stdout.destroy();
  return child;
}
