import type { Answer, Priority } from './batched-model';
import type { Rows } from './rows';

/** A request that was taken and is not answered yet. */
export interface PendingRequest {
  readonly feeds: Rows;
  /** Its leading dim; 1 where it always runs alone. */
  readonly rows: number;
  /** Equal for requests that may run together; undefined where it always runs alone. */
  readonly group: string | undefined;
  readonly priority: Priority;
  /** Outputs that it asks for. */
  readonly fetches: readonly string[];
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** When it is dropped, if it has not begun by then. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Whether its promise is settled, be it while its run goes on. */
  readonly isSettled: boolean;
  answer(answer: Answer): void;
  fail(error: unknown): void;
}
