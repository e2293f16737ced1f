/** Number of images whose attacks keep state in memory at once, but where a batch is larger. */
const mostImages = 256;

/** Batches that a group has at most. */
const mostBatches = 8;

/**
 * Images that are attacked together, at a given batch size: some whole batches, so that batches stay full when some of the images are
 * broken already.
 *
 * An engine chooses its kernels for the size of a batch, and kernels differ in their rounding. So the result of an image may depend on
 * the images of its group in its last digit, and on nothing else.
 */
export function groupSize(batchSize: number): number {
  return batchSize * Math.min(mostBatches, Math.max(1, Math.floor(mostImages / batchSize)));
}
