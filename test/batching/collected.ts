import v8 from 'node:v8';
import vm from 'node:vm';

/** Bytes that are in use once all garbage is collected: of the heap, and of buffers. */
export function collected(): number {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
