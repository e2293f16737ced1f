import { exitCodeOf, report } from '../../src/cli/failure';
import { program } from '../../src/cli/program';
import type { Ended } from './ended';

/**
 * Runs a command within this process, as `main.ts` does, which is far faster than one of its own; paths are from the
 * process's working folder.
 */
export async function inProcess(...args: readonly string[]): Promise<Ended> {
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
