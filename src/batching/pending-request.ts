import type { GdwsError } from '../base/errors';
import type { Answer, Priority } from './batched-model';
import type { Cancellation } from './cancellation';
import type { Rows } from './rows';

/** How requests end, as they are counted. */
export type Ending = 'answered' | 'refused' | 'expired' | 'failed' | 'aborted';

/** What a request asks for. */
export interface Asked {
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
  /** By which it may be taken back. */
  readonly cancellation: Cancellation | undefined;
}

/** A run of requests. */
export interface Run {
  readonly threads: number;
  /** When it came to its processors, by `performance.now()`. */
  began: number;
  /** Requests that still wait for it. */
  left: number;
  /** Stops it; undefined where a request cannot be taken back. */
  readonly stop: AbortController | undefined;
}

/** A request that was taken. Its promise is settled once, however it ends. */
export class PendingRequest {
  readonly answered: Promise<Answer>;
  /** The run that it is part of, once that has begun. */
  run: Run | undefined;
  private settled = false;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: unknown) => void;

  constructor(
    readonly asked: Asked,
    /** Called as soon as it is settled. */
    private readonly onSettled: (ending: Ending) => void,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Whether its promise is settled, be it while its run goes on. */
  get isSettled(): boolean {
    return this.settled;
  }

  answer(answer: Answer): void {
    if (this.settle('answered')) this.resolve(answer);
  }

  fail(error: unknown): void {
    const { code } = error as Partial<GdwsError>;
    const ending = code === 'ABORTED' ? 'aborted' : code === 'DEADLINE_EXCEEDED' ? 'expired' : 'failed';
    if (this.settle(ending)) this.reject(error);
  }

  private settle(ending: Ending): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.onSettled(ending);
    return true;
  }
}
