/**
 * gdws/client: a client of servers of the Open Inference Protocol, version 2, over HTTP. It needs no addon.
 *
 * @module gdws/client
 */
export { InferenceClient, type VersionOptions } from './client';
export type { ClientOptions, ClassifyOptions, InferOptions, InferResult, RequestOptions } from './options';
export type {
  Classification,
  ClassifiedAs,
  Duration,
  ModelMetadata,
  ModelStatistics,
  RepositoryEntry,
  ServerMetadata,
  TensorMetadata,
} from '../protocol/messages';
export { GdwsError, type ErrorCode, type ErrorDetails } from '../base/errors';
export { errorCodes, type ErrorDescription } from '../base/error-codes';
export { ServerError } from './server-error';
export { Tensor } from 'onnxruntime-common';
