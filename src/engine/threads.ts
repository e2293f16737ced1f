import { native } from '../addon/native';

/** Threads that one session may have. */
export const maxThreads = 1024;

/** Threads of a session's runs; by default, and for 0 as for onnxruntime, as many as this process may use. */
export function threadsOf({ intraOpNumThreads }: { readonly intraOpNumThreads?: number }): number {
  return intraOpNumThreads === undefined || intraOpNumThreads === 0 ? native().concurrency : intraOpNumThreads;
}
