import type { InferenceSession, Tensor } from 'onnxruntime-common';

/** Of a request among others: `high` is taken before all that are `normal`. */
export type Priority = 'normal' | 'high';

/** How one request is answered. */
export interface RequestOptions {
  /** Names of the outputs wanted; all by default. */
  readonly fetches?: readonly string[];
  /** Takes the request out of the queue, or its answer out of the run. The promise rejects with code ABORTED. */
  readonly signal?: AbortSignal;
  /** Milliseconds from now; a request that has not begun to run by then is dropped, with code DEADLINE_EXCEEDED. */
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
  /** Rows of that run, those of other requests included. */
  readonly rows: number;
}

/** Results by output name, and what they took. */
export interface Answer {
  readonly results: Readonly<Record<string, Tensor>>;
  readonly times: RequestTimes;
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
  readonly aborted: number;
  /** Runs by their number of rows. */
  readonly runs: ReadonlyMap<number, { readonly count: number; readonly milliseconds: number }>;
  /** Requests that wait now. */
  readonly waiting: number;
  /** Requests whose run has begun. */
  readonly running: number;
}

/** A session whose requests are gathered into runs. */
export interface BatchedModel {
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  /** Rows that one run may have: 1 where the model does not leave the leading dim of each input and output open. */
  readonly maxBatch: number;
  /** Results are the request's own: its rows, in its order. */
  request(feeds: Readonly<Record<string, Tensor>>, options?: RequestOptions): Promise<Answer>;
  statistics(): BatchStatistics;
}
