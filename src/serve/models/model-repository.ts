import type { ServableModel } from '../../batching/servable-model';
import type { Recipe } from '../../data/recipe';

/** Where a version of a model stands; the words are those of Triton's repository index. */
export type ModelState = 'LOADING' | 'READY' | 'UNLOADING' | 'UNAVAILABLE';

/** A version as the repository's index shows it. */
export interface IndexEntry {
  /** Of the model. */
  readonly name: string;
  /** Of the version; empty where the folder of the model cannot be read, so that none is known. */
  readonly version: string;
  /** Where it stands. */
  readonly state: ModelState;
  /** Why it is not ready, or why the files that replaced its own are not served; empty otherwise. Names no path. */
  readonly reason: string;
}

/** A version that serves. */
export interface ServedModel {
  /** Of the model. */
  readonly name: string;
  /** Of the version. */
  readonly version: string;
  /** All versions of the model that are ready, in their order. */
  readonly versions: readonly string[];
  /** Takes requests until it is closed, and answers all that it took. */
  readonly batched: ServableModel;
  /** How pictures become inputs; undefined where the model takes none. */
  readonly recipe: Recipe | undefined;
  /** Of its classes, by index; undefined where there are none. */
  readonly labels: readonly string[] | undefined;
  /** Bytes of weights and working memory, as the engine counts them. */
  readonly memoryBytes: number;
}

/** Models of a folder: `<name>/config.json` (optional), `<name>/<version>/model.onnx`, or `<name>.onnx` as version 1. */
export interface ModelRepository {
  /**
   * The version to serve a request now; the newest ready one by default.
   *
   * @throws GdwsError MODEL_UNKNOWN, MODEL_NOT_READY
   */
  find(name: string, version?: string): ServedModel;
  /** All versions that are known, sorted by name and version. */
  index(): readonly IndexEntry[];
  /** Those that serve. */
  served(): readonly ServedModel[];
  /**
   * Looks at the model's folder, and loads what is new or changed there.
   *
   * @throws GdwsError MODEL_UNKNOWN, MODEL_NOT_READY where a version that is to serve cannot, with its error as the cause;
   * ARGUMENT_INVALID where the folder is not looked at again
   */
  load(name: string): Promise<void>;
  /**
   * Answers what was taken, and releases the sessions.
   *
   * @throws GdwsError MODEL_UNKNOWN, ARGUMENT_INVALID where the folder alone says what is loaded
   */
  unload(name: string): Promise<void>;
  /** Takes no more requests, answers what was taken, releases all. */
  close(): Promise<void>;
}
