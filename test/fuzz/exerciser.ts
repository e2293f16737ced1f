import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { typescriptLoader } from '../typescript-loader';
import type { Outcome } from './exercise';

/** What the process says of one mutant. */
export interface Reply {
  readonly outcome?: Outcome;
  /** What was thrown and should not have been. */
  readonly fault?: string;
  /** Resident memory at its peak so far. */
  readonly peakBytes?: number;
  /** Processor time that it took. */
  readonly seconds?: number;
}

/** What a mutant did that none may. */
export interface Fault {
  readonly kind: 'error' | 'crash' | 'hang' | 'memory';
  readonly text: string;
}

export type Result = { readonly outcome: Outcome } | { readonly fault: Fault };

/** Waiting for a busy machine does not count, so that the bound can be low. */
const mostSeconds = 8;
const mostBytes = 1.5 * 2 ** 30;
const heapMegabytes = 512;

/** Exercises models in a process of its own, so that a crash, a hang and taken memory are results as well. */
export class Exerciser {
  private child: ChildProcess | undefined;

  constructor(
    private readonly program = path.join(__dirname, 'child.ts'),
    private readonly mostMilliseconds = 60_000,
  ) {}

  async exercise(bytes: Uint8Array): Promise<Result> {
    const child = (this.child ??= start(this.program));
    const result = await new Promise<Result>((resolve) => {
      const fault = (kind: Fault['kind'], text: string) => resolve({ fault: { kind, text } });
      const { mostMilliseconds } = this;
      const timer = setTimeout(() => fault('hang', `no answer for ${mostMilliseconds} ms`), mostMilliseconds);
      child.once('exit', (code, signal) => {
        fault('crash', `it ended with ${signal ?? `exit code ${code}`}`);
        clearTimeout(timer);
      });
      child.once('message', ({ outcome, fault: text, peakBytes = 0, seconds = 0 }: Reply) => {
        if (text !== undefined) fault('error', text);
        else if (seconds > mostSeconds) fault('hang', `it took ${seconds.toFixed(1)} s of the processor`);
        else if (peakBytes > mostBytes) fault('memory', `${Math.round(peakBytes / 2 ** 20)} MiB were resident`);
        else resolve({ outcome: outcome! });
        clearTimeout(timer);
      });
      child.send(bytes);
    });
    child.removeAllListeners();
    if ('fault' in result && result.fault.kind !== 'error') this.close();
    return result;
  }

  close(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }
}

function start(program: string): ChildProcess {
  return fork(program, {
    execArgv: [...typescriptLoader, `--max-old-space-size=${heapMegabytes}`],
    serialization: 'advanced',
    env: { ...process.env, GDWS_TUNING: 'off' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
