import { ImageSet } from '../../data/image-set';
import { RandomStream } from '../../robustness/random-stream';

/** Two halves of labelled images, drawn by the seed; of an odd number, the first half is larger. */
export function halves(images: ImageSet, seed: number): [ImageSet, ImageSet] {
  const order = Array.from({ length: images.length }, (_, index) => index);
  const random = new RandomStream(seed);
  for (let last = order.length - 1; last > 0; --last) {
    const other = random.integer(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const middle = Math.ceil(order.length / 2);
  return [chosen(images, order.slice(0, middle)), chosen(images, order.slice(middle))];
}

function chosen(images: ImageSet, order: readonly number[]): ImageSet {
  const size = images.dims[0] * images.dims[1] * images.dims[2];
  const pixels =
    images.pixels instanceof Uint8Array ? new Uint8Array(order.length * size) : new Float32Array(order.length * size);
  order.forEach((image, place) => pixels.set(images.pixels.subarray(image * size, (image + 1) * size), place * size));
  return new ImageSet(
    images.dims,
    pixels,
    order.map((image) => images.labels[image]!),
  );
}
