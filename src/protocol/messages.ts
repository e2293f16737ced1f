/** JSON as `JSON.parse` gives it; integers of 64 bits may be a `bigint`. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

/** Values beside a request, a response or a tensor. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** `GET /v2` */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** A tensor as a model declares it; -1 stands for an open dimension. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** `GET /v2/models/{model}` */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** A version of a model in the repository; `reason` says why it is not ready. */
export interface RepositoryEntry {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

/** How often, and how long in all, in nanoseconds. */
export interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** `GET /v2/models/{model}/stats`, of one version. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970; 0 where there was none. */
  readonly last_inference: number;
  /** Rows that were answered. */
  readonly inference_count: number;
  /** Runs that they took. */
  readonly execution_count: number;
  readonly inference_stats: {
    readonly success: Duration;
    readonly fail: Duration;
    readonly queue: Duration;
    /** Putting feeds together and taking results apart. */
    readonly compute_input: Duration;
    readonly compute_infer: Duration;
    /** Counted in `compute_input`: 0. */
    readonly compute_output: Duration;
  };
  /** Runs by their number of rows. */
  readonly batch_stats: readonly { readonly batch_size: number; readonly compute_infer: Duration }[];
  readonly memory_usage: readonly { readonly type: string; readonly id: number; readonly byte_size: number }[];
}

/** A class that a picture was taken for. */
export interface ClassifiedAs {
  /** Number of the class, from 0. */
  readonly index: number;
  /** Absent where the model has no labels. */
  readonly label?: string;
  /** What the network gives for it. */
  readonly value: number;
  /** 0 to 1. */
  readonly probability: number;
}

/** `POST /v2/models/{model}/classify` */
export interface Classification {
  readonly model_name: string;
  readonly model_version: string;
  /** The likeliest first. */
  readonly classes: readonly ClassifiedAs[];
}
