import { exitCodeOf, report } from '../../src/cli/failure';
import { program } from '../../src/cli/program';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process, as `main.ts` does; far faster than a process of its own. */
export async function gdws(...args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  const listeners = process.listeners('SIGINT');
  let code = 0;
  try {
    await program().parseAsync([...args], { from: 'user' });
  } catch (error) {
    report(error, false);
    code = exitCodeOf(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const listener of process.listeners('SIGINT')) {
      if (!listeners.includes(listener)) process.removeListener('SIGINT', listener);
    }
  }
  return { code, ...written };
}
