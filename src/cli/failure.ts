import { GdwsError } from '../base/errors';
import { stylesOf } from './styles';

/** What a command that did not succeed ends with; `docs/cli.md` says so too. */
export const exitCodes = { failed: 1, usage: 2, dropExceeded: 3, interrupted: 130 } as const;

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (isUsage(error)) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof GdwsError && error.code === 'ARGUMENT_INVALID') return exitCodes.usage;
  if (error instanceof GdwsError && error.code === 'ABORTED') return exitCodes.interrupted;
  if (error instanceof GdwsError && error.code === 'DROP_EXCEEDED') return exitCodes.dropExceeded;
  return exitCodes.failed;
}

/** Says on stderr what went wrong; with `debug` also where in the code. */
export function report(error: unknown, debug: boolean): void {
  // Commander has said so already.
  if (isUsage(error)) return;
  const code = error instanceof GdwsError ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${stylesOf(process.stderr).red(`error[${code}]`)}: ${message}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
  else if (code === 'INTERNAL') process.stderr.write('This is a defect of gdws. --debug says where it happened.\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack}${cause}`;
}

/** An error of commander, recognised without loading it, since it may be what is missing. */
function isUsage(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}
