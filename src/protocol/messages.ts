/** JSON as `JSON.parse` gives it; integers of 64 bits may be a `bigint`. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

/** Values beside a request, a response or a tensor. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** `GET /v2` */
export interface ServerMetadata {
  /** Of the server: `gdws`. */
  readonly name: string;
  /** Of the server. */
  readonly version: string;
  /** Of the protocol, as Triton names them. */
  readonly extensions: readonly string[];
}

/** A tensor as a model declares it; -1 stands for an open dimension. */
export interface TensorMetadata {
  /** Of the input or output. */
  readonly name: string;
  /** As the protocol names it: `FP32`. */
  readonly datatype: string;
  /** Its dims. */
  readonly shape: readonly number[];
}

/** `GET /v2/models/{model}` */
export interface ModelMetadata {
  /** Of the model. */
  readonly name: string;
  /** Those that are ready. */
  readonly versions: readonly string[];
  /** What runs it: `gdws_onnx`. */
  readonly platform: string;
  /** What it takes. */
  readonly inputs: readonly TensorMetadata[];
  /** What it gives. */
  readonly outputs: readonly TensorMetadata[];
}

/** A version of a model in the repository. */
export interface RepositoryEntry {
  /** Of the model. */
  readonly name: string;
  /** Empty where none is known, since the folder of the model cannot be read. */
  readonly version: string;
  /** `LOADING`, `READY`, `UNLOADING` or `UNAVAILABLE`. */
  readonly state: string;
  /** Why it is not ready, or why the files that replaced its own are not served; empty otherwise. */
  readonly reason: string;
}

/** How often, and how long in all, in nanoseconds. */
export interface Duration {
  /** How often. */
  readonly count: number;
  /** Nanoseconds in all. */
  readonly ns: number;
}

/** `GET /v2/models/{model}/stats`, of one version, since the server began: none of the counts ever becomes less. */
export interface ModelStatistics {
  /** Of the model. */
  readonly name: string;
  /** Of the version. */
  readonly version: string;
  /** Milliseconds since 1970; 0 where there was none. */
  readonly last_inference: number;
  /** Rows that were answered. */
  readonly inference_count: number;
  /** Runs that they took. */
  readonly execution_count: number;
  /** Of requests. */
  readonly inference_stats: {
    /** From requests to their answers. */
    readonly success: Duration;
    /** Those that failed. */
    readonly fail: Duration;
    /** In the queue. */
    readonly queue: Duration;
    /** Putting feeds together and taking results apart. */
    readonly compute_input: Duration;
    /** Of the runs that requests were part of. */
    readonly compute_infer: Duration;
    /** Counted in `compute_input`: 0. */
    readonly compute_output: Duration;
  };
  /** Runs by their number of rows. */
  readonly batch_stats: readonly {
    /** Rows. */
    readonly batch_size: number;
    /** Of these runs. */
    readonly compute_infer: Duration;
  }[];
  /** Weights and working memory. */
  readonly memory_usage: readonly {
    /** `CPU`. */
    readonly type: string;
    /** 0. */
    readonly id: number;
    /** Bytes. */
    readonly byte_size: number;
  }[];
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
  /** Who answered. */
  readonly model_name: string;
  /** Its version. */
  readonly model_version: string;
  /** The likeliest first. */
  readonly classes: readonly ClassifiedAs[];
}
