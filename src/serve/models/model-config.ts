import type { Limits } from '../../base/limits';
import type { InputShapes } from '../../engine/given-shapes';
import type { Preprocessing } from '../../data/preprocessing';

/** Which versions of a model serve: all of them, the newest few, or those of these numbers. */
export type VersionPolicy = 'all' | Latest | readonly number[];

/** The newest versions of a model. */
export interface Latest {
  /** How many of them. */
  readonly latest: number;
}

/** A model's `config.json`; docs/serving-models.md explains each key. */
export interface ModelConfig {
  /** Rows of a run: see {@link BatchingOptions}, as for the next two. */
  readonly maxBatch?: number;
  /** Milliseconds. */
  readonly maxDelay?: number;
  /** Requests. */
  readonly maxQueue?: number;
  /** Default `{ "latest": 1 }`. */
  readonly versions?: VersionPolicy;
  /** Threads of a run; by default, and for 0, all processors. */
  readonly threads?: number;
  /** Limits of the model's resources. */
  readonly limits?: Partial<Limits>;
  /** Bytes of weights and working memory that each version may have. */
  readonly memoryBytes?: number;
  /** Dims of inputs that are compiled for, and run, before a version serves. */
  readonly warmup?: readonly InputShapes[];
  /** How pictures become inputs; by default what the model's file says. */
  readonly preprocessing?: Preprocessing;
  /** Names of classes, or a file of them beside `config.json`; `labels.txt` by default, where there is one. */
  readonly labels?: string | readonly string[];
}
