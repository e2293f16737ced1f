import { readImages } from '../../src/data/read-images';
import { openSession } from '../engines';
import { seededUniform } from '../networks/random';

/** (N x C x H x W) with their dims (C, H, W): of the data, with its labels, or noise of the size that the model declares. */
export async function imagesFor(model: string, data: string | undefined, count: number) {
  if (data !== undefined) {
    const set = await readImages(data, { count });
    const { images, labels } = set.batch(0, set.length);
    return { dims: images.dims.slice(1), images: images.data as Float32Array, labels };
  }
  const session = await openSession('gdws', model, { threads: 1 });
  const [input] = session.inputMetadata;
  await session.release();
  const dims = input!.isTensor ? input!.shape.slice(1).map(Number) : [];
  const uniform = seededUniform(7);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, images: Float32Array.from({ length: count * size }, () => uniform()) };
}
