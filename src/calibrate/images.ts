import { GdwsError } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import type { Graph } from '../graph/graph';
import { isFloat, roundedTo } from '../onnx/floats';
import type { DataType, ValueType } from '../onnx/value';
import { normalizer, type Normalization } from '../robustness/normalized';

/** Images as the network takes them, batch by batch. */
export interface CalibrationImages {
  readonly count: number;
  /** (C, H, W) */
  readonly dims: readonly number[];
  readonly batchSize: number;
  /** The batch that starts at image `begin`: (n, C, H, W); the last one may be smaller. */
  batch(begin: number): Promise<Float32Array>;
}

/**
 * Images of a set, normalized if `normalization` is given.
 *
 * @param type floating-point, of the network's input: pixels are rounded to it
 */
export function calibrationImages(
  images: ImageSet,
  batchSize: number,
  normalization?: Normalization,
  type: DataType = 'float32',
): CalibrationImages {
  const normalize = normalization ? normalizer(images.dims, normalization) : (pixels: Float32Array) => pixels;
  return {
    count: images.length,
    dims: images.dims,
    batchSize,
    batch: (begin) => {
      const { images: part } = images.batch(begin, Math.min(images.length, begin + batchSize));
      return Promise.resolve(roundedTo(type, normalize(part.data as Float32Array)));
    },
  };
}

/**
 * The element type of a network's one input, which is of images.
 *
 * @throws GdwsError TYPE_MISMATCH where it takes no floats
 */
export function imageTypeOf(graph: Graph): DataType {
  const { name } = graph.inputs[0]!;
  const type = graph.declared(name)?.type ?? 'float32';
  if (isFloat(type)) return type;
  throw new GdwsError('TYPE_MISMATCH', `the model takes ${type}, and images are floats from 0 to 1.`, {
    file: graph.file,
    tensor: name,
    remedy: 'Export it with an input of floats.',
  });
}

/** Types of the inputs of a network of images, for so many images of these dims (C, H, W) at once. */
export function imageFeeds(graph: Graph, count: number, dims: readonly number[]): Map<string, ValueType> {
  return new Map([[graph.inputs[0]!.name, { type: imageTypeOf(graph), dims: [count, ...dims] }]]);
}
