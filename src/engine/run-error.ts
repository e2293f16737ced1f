import { GdwsError } from '../errors';

/** What an ended run is reported as: as aborted, for the signal's reason where there is one, or as what went wrong. */
export function runError(error: unknown, signal?: AbortSignal): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ABORTED') return aborted(signal);
  return code === 'OUT_OF_MEMORY'
    ? new GdwsError(code, `${message}.`, { remedy: 'Run smaller batches, or fewer at once.', cause: error })
    : error;
}

export function aborted(signal?: AbortSignal): GdwsError {
  return new GdwsError('ABORTED', 'the run was aborted.', { cause: signal?.reason });
}
