import { GdwsError } from '../../src/base/errors';

/** What a soak run did, and what went wrong in it. */
export class Tally {
  readonly done = new Map<string, number>();
  readonly failures: string[] = [];

  count(what: string, times = 1): void {
    this.done.set(what, (this.done.get(what) ?? 0) + times);
  }

  /** Counts an error that was to come, by its code; another one is a failure. */
  survived(what: string, error: unknown, codes?: readonly string[]): void {
    const isExpected =
      error instanceof GdwsError && error.code !== 'INTERNAL' && (codes === undefined || codes.includes(error.code));
    if (isExpected) this.count(`${what}: ${error.code}`);
    else this.fail(what, error);
  }

  fail(what: string, error: unknown): void {
    this.failures.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
