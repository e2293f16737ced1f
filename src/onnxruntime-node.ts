/**
 * Stands in for the package onnxruntime-node: exports what it exports, and nothing else.
 *
 * @packageDocumentation
 */
import { env } from 'onnxruntime-common';

export * from 'onnxruntime-common';
export { InferenceSession } from './engine/session';
export { listSupportedBackends } from './engine/execution-providers';

// Of the API, which is onnxruntime-common's; unless the other package is loaded, too, and has set its own.
if (env.versions.node === undefined) {
  Object.defineProperty(env.versions, 'node', { value: env.versions.common, enumerable: true, configurable: true });
}
