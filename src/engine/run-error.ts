import { GdwsError } from '../base/errors';

const runSmaller = 'Run smaller batches, or fewer at once.';

/** The error to report for a run: ABORTED, with the signal's reason where there is one, or its own error. */
export function runError(error: unknown, signal?: AbortSignal): unknown {
  const { code, message, name } = error as { code?: string; message: string; name?: string };
  // V8's error where there is no memory for an array.
  if (name === 'RangeError' && message.includes('allocation failed')) {
    return new GdwsError('OUT_OF_MEMORY', 'memory could not be allocated.', { remedy: runSmaller, cause: error });
  }
  if (code === 'ABORTED') return aborted(signal);
  return code === 'OUT_OF_MEMORY' ? new GdwsError(code, `${message}.`, { remedy: runSmaller, cause: error }) : error;
}

export function aborted(signal?: AbortSignal): GdwsError {
  return new GdwsError('ABORTED', 'the run was aborted.', { cause: signal?.reason });
}
