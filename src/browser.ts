/**
 * gdws in browsers: models as bytes, the engine of the package `@gdws/wasm32`, one thread. There are no files and no caches.
 *
 * @packageDocumentation
 */
import { useNative, type Native } from './addon/native';

/** What `load` of `@gdws/wasm32` resolves with. */
export interface Engine {
  readonly instructionSet: string;
}

/**
 * Makes the engine known, once, before anything else is called. Work is done on the thread that calls this: use a worker, so that the
 * page is not held up.
 *
 * @param engine what `load` of `@gdws/wasm32`, of the same version, resolves with
 */
export function start(engine: Engine): void {
  useNative(engine as Native);
}

export { InferenceSession } from './engine/session';
export type { RunOptions, SessionOptions } from './engine/session-options';
export * from 'onnxruntime-common';
export { simd, type InstructionSet, type Simd } from './addon/introspection';
export type { OperationProfile } from './engine/network';
export { compress } from './compress/compress';
export type { Compression } from './compress/compression';
export type { CompressOptions } from './compress/options';
export type { Change, CompressionSummary, LayerSummary } from './compress/summary';
export { GdwsError, type ErrorCode, type ErrorDetails } from './base/errors';
