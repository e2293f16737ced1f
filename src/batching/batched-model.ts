import type { InferenceSession, Tensor } from 'onnxruntime-common';

/** Of a request among others: `high` is taken before all that are `normal`. */
export type Priority = 'normal' | 'high';

/** How one request is answered. */
export interface RequestOptions {
  /** Names of the outputs wanted; all by default. */
  readonly fetches?: readonly string[];
  /** Takes the request out of the queue, or its answer out of the run. The promise rejects with code ABORTED. */
  readonly signal?: AbortSignal;
  /** Milliseconds from now; a request whose run is not made ready by then is dropped, with code DEADLINE_EXCEEDED. */
  readonly timeout?: number;
  /** Default `normal`. */
  readonly priority?: Priority;
}

/** What a request took, in milliseconds. */
export interface RequestTimes {
  /** In the queue. */
  readonly queue: number;
  /** Putting feeds together and taking results apart. */
  readonly gather: number;
  /** Of the run that it was part of. */
  readonly run: number;
  /** Rows of that run, those of other requests included; 1 where requests never run together. */
  readonly rows: number;
}

/** Results by output name, and what they took. */
export interface Answer {
  /** The request's own rows of the outputs that it asked for. */
  readonly results: Readonly<Record<string, Tensor>>;
  /** Of the request, and of the run that it was part of. */
  readonly times: RequestTimes;
}

/** Of the runs of one number of rows that did not fail. */
export interface RunTotals {
  /** How many there were. */
  readonly count: number;
  /** What they took together. */
  readonly milliseconds: number;
}

/** Totals since the session was opened. */
export interface BatchStatistics {
  /** Requests that were answered. */
  readonly answered: number;
  /** Turned away since the queue was full. */
  readonly refused: number;
  /** Dropped since their time was over. */
  readonly expired: number;
  /** Whose run failed, or whose feeds did not fit. */
  readonly failed: number;
  /** Whose signal fired, or which the release ended. */
  readonly aborted: number;
  /** Runs by their number of rows. */
  readonly runs: ReadonlyMap<number, RunTotals>;
  /** Requests that wait now. */
  readonly waiting: number;
  /** Requests whose run has begun. */
  readonly running: number;
}

/** A session whose requests are gathered into runs. */
export interface BatchedModel {
  /** As the session has it. */
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  /** As the session has it. */
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  /** Rows that one run may have: 1 where the model does not leave the leading dim of each input and output open. */
  readonly maxBatch: number;
  /**
   * Runs feeds, perhaps beside those of other requests. They may be changed as soon as this returns.
   *
   * @throws GdwsError QUEUE_FULL, DEADLINE_EXCEEDED, ABORTED, SERVER_CLOSING, SESSION_RELEASED, ARGUMENT_INVALID, OUTPUT_UNKNOWN;
   * SHAPE_MISMATCH also for more rows than `maxBatch`; and what `session.run` may
   */
  request(feeds: Readonly<Record<string, Tensor>>, options?: RequestOptions): Promise<Answer>;
  /** Totals, and what is under way: as it is now. */
  statistics(): BatchStatistics;
}

/** A session whose requests are gathered, and its end. */
export interface Batched extends BatchedModel, AsyncDisposable {
  /** Takes no more requests, which are refused with SERVER_CLOSING; resolves once all that were taken are answered. */
  drain(): Promise<void>;
  /** Aborts what waits and what runs, and releases the session. */
  release(): Promise<void>;
}
