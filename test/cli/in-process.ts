import { exitCodeOf, report } from '../../src/cli/failure';
import { program } from '../../src/cli/program';
import type { Ended } from './command';

/** Runs a command within this process, which is faster than one of its own; paths are from the process's working folder. */
export async function inProcess(...args: string[]): Promise<Ended> {
  const text = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((part) => {
      text[stream] += String(part);
      return true;
    }),
  );
  let code = 0;
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    report(error, false);
    code = exitCodeOf(error);
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
  return { code, ...text };
}
