import { GdwsError } from '../base/errors';
import { stylesOf } from './styles';

/** Exit codes of commands that fail; `docs/cli.md` lists them too. */
export const exitCodes = { failed: 1, usage: 2, dropExceeded: 3, interrupted: 130 } as const;

/** The exit code for an error of a command. */
export function exitCodeOf(error: unknown): number {
  if (isUsage(error)) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof GdwsError && error.code === 'ARGUMENT_INVALID') return exitCodes.usage;
  if (error instanceof GdwsError && error.code === 'ABORTED') return exitCodes.interrupted;
  if (error instanceof GdwsError && error.code === 'DROP_EXCEEDED') return exitCodes.dropExceeded;
  return exitCodes.failed;
}

/** Prints an error to stderr, with `debug` also its stack. */
export function report(error: unknown, debug: boolean): void {
  // Commander has printed it already.
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

/** Whether it is an error of commander, without loading that package: it may be the missing one. */
function isUsage(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('commander.');
}
