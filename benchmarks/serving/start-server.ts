import { spawn, type ChildProcessByStdio } from 'node:child_process';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A server of one model in a process of its own, which ends with its standard input. */
export interface StartedServer {
  readonly address: string;
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** Its code, once it has ended. */
  readonly exited: Promise<number | null>;
}

/**
 * Runs server.ts.
 *
 * @param engine `gdws`, `onnxruntime` or `bare`
 * @param maxDelay in milliseconds
 */
export async function startServer(
  engine: string,
  file: string,
  maxBatch: number,
  maxDelay: number,
): Promise<StartedServer> {
  const words = [path.join(__dirname, 'server.ts'), engine, file, String(maxBatch), String(maxDelay)];
  // As the container image runs: threads of V8's collector would wait for processors that inference has.
  const child = spawn(process.execPath, ['--single-threaded-gc', '--import', 'tsx', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const address = await Promise.race([
    new Promise<string>((resolve) => child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()))),
    exited.then((code) => Promise.reject(new Error(`the server of ${file} ended with ${code}`))),
  ]);
  return { address, process: child, exited };
}
