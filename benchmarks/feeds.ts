import { Tensor, type InferenceSession } from 'onnxruntime-common';
import { seededUniform, uniformArray } from './networks/random';

/**
 * Seeded numbers in [-1, 1) for every input of a session.
 *
 * @param free size of every dimension that the model leaves free; of the first, `batch`
 */
export function seededFeeds(
  { inputMetadata }: InferenceSession,
  { batch = 1, free = 1, seed = 7 }: { batch?: number; free?: number; seed?: number } = {},
): Record<string, Tensor> {
  const uniform = seededUniform(seed);
  return Object.fromEntries(
    inputMetadata.map((input) => {
      if (!input.isTensor || input.type !== 'float32') throw new Error(`input ${input.name} is not a float32 tensor.`);
      const dims = input.shape.map((dim, axis) =>
        typeof dim === 'number' && dim > 0 ? dim : axis === 0 ? batch : free,
      );
      const count = dims.reduce((product, dim) => product * dim, 1);
      return [input.name, new Tensor('float32', uniformArray(uniform, count, 1), dims)];
    }),
  );
}
