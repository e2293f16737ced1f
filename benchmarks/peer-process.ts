import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** A peer in a process of its own, which answers each line with a line. What it says on standard error is shown. */
export class PeerProcess {
  readonly #process: ChildProcess;
  readonly #answers: Interface;
  readonly #end: Promise<never>;

  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface(this.#process.stdout!);
    this.#end = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`${program} ended with code ${code}.`);
    });
    // Its end is an error only to who waits for an answer.
    this.#end.catch(() => undefined);
  }

  /** The next line that it writes. */
  async answer(): Promise<string> {
    const [line] = (await Promise.race([once(this.#answers, 'line'), this.#end])) as [string];
    return line;
  }

  async ask(line: string): Promise<string> {
    const answer = this.answer();
    this.#process.stdin!.write(`${line}\n`);
    return answer;
  }

  release(): void {
    this.#process.stdin!.end();
  }
}
