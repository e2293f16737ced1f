import { GdwsError } from '../base/errors';
import { isStandardDomain } from './domain';
import type { ModelProto } from './onnx_pb';

// https://onnx.ai/onnx/repo-docs/Versioning.html: newer versions may give the same fields and names another meaning.

/** Versions of onnxruntime 1.30, with which the operators are compared. */
export const newestIrVersion = 13;
export const newestOperatorSet = 26;

/** A sentence about a version of the model that is newer than the engine knows; `undefined` where none is. */
export function newerVersion({ irVersion, opsetImport }: ModelProto): string | undefined {
  if (irVersion > newestIrVersion) {
    return `the model has IR version ${irVersion}; the newest that the engine knows is ${newestIrVersion}.`;
  }
  const newer = opsetImport.find(({ domain, version }) => isStandardDomain(domain) && version > newestOperatorSet);
  if (!newer) return undefined;
  return `the model uses operator set ${newer.version}; the newest that the engine knows is ${newestOperatorSet}.`;
}

/**
 * Refuses a model of a newer version than the engine knows.
 *
 * @throws GdwsError OPERATOR_UNSUPPORTED
 */
export function requireKnownVersions(model: ModelProto, file?: string): void {
  const newer = newerVersion(model);
  if (newer === undefined) return;
  throw new GdwsError('OPERATOR_UNSUPPORTED', newer, {
    file,
    remedy: `Export the model again for an older one (opset_version=17 in torch.onnx.export), convert it by onnx.version_converter, or update gdws.`,
  });
}
