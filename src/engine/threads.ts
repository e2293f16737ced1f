import { GdwsError } from '../errors';
import { native } from '../native';

/**
 * Threads of a session's runs; by default, and for 0 as for onnxruntime, as many as this process may use.
 *
 * @throws GdwsError ARGUMENT_INVALID
 */
export function threadsOf({ intraOpNumThreads }: { readonly intraOpNumThreads?: number }): number {
  if (intraOpNumThreads === undefined || intraOpNumThreads === 0) return native.concurrency;
  if (!Number.isInteger(intraOpNumThreads) || intraOpNumThreads < 1 || intraOpNumThreads > 1024) {
    throw new GdwsError('ARGUMENT_INVALID', `intraOpNumThreads is ${intraOpNumThreads}.`, {
      remedy: 'Give a whole number from 1 to 1024, or 0 for all processors.',
    });
  }
  return intraOpNumThreads;
}
