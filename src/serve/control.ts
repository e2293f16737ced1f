import { GdwsError } from '../base/errors';
import { grpcStatus, ProtocolError } from './failure';
import type { Settings } from './options';

/** @throws ProtocolError 403 where clients may not change which models are served */
export function checkControl({ control }: Settings): void {
  if (control) return;
  throw new ProtocolError(
    403,
    grpcStatus.permissionDenied,
    'which models are served is not for clients to say here: the server was started without --control explicit.',
  );
}

/** @throws GdwsError ARGUMENT_INVALID for parameters of loading, which would be other settings or files of a model */
export function checkLoadParameters(parameters: unknown): void {
  if (typeof (parameters ?? {}) === 'object' && Object.keys(parameters ?? {}).length === 0) return;
  throw new GdwsError('ARGUMENT_INVALID', 'models are loaded as their folder says, without parameters.');
}
