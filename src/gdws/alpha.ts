import { GdwsError } from '../base/errors';
import { nameOf } from '../onnx/node-place';
import { suggestConvolutions, type Convolutions, type Layer } from './layers';

/** Weight-error vectors α by layer name, one number for each input channel. */
export type GivenAlpha = ReadonlyMap<string, ArrayLike<number>> | Readonly<Record<string, ArrayLike<number>>>;

/** Weight-error vectors α by the name of the convolution. */
export type Alpha = ReadonlyMap<string, ArrayLike<number>>;

/**
 * The weight-error vectors of the options.
 *
 * @throws {GdwsError} ARGUMENT_INVALID where one names no convolution, or has other than a number from 0 on for each
 *   input channel
 */
export function readAlpha(given: GivenAlpha | undefined, { layers, keptDense }: Convolutions): Alpha {
  const alpha: Alpha = new Map(
    given instanceof Map
      ? (given as Alpha).entries()
      : Object.entries((given ?? {}) as Readonly<Record<string, ArrayLike<number>>>),
  );
  const channels = new Map<string, number | undefined>(keptDense.map(({ node }) => [nameOf(node), undefined]));
  for (const { nodes, shape } of layers) for (const node of nodes) channels.set(nameOf(node), shape.inputChannels);
  for (const [name, vector] of alpha) {
    if (!channels.has(name)) {
      throw new GdwsError('ARGUMENT_INVALID', `alpha names '${name}', which is no convolution of the model.`, {
        remedy: suggestConvolutions(name, [...channels.keys()]),
      });
    }
    const length = channels.get(name) ?? vector.length;
    if (vector.length !== length || !Array.from(vector).every((one) => one >= 0 && one < Infinity)) {
      throw new GdwsError('ARGUMENT_INVALID', `alpha of '${name}' is no vector of weights.`, {
        remedy: `Give ${length} numbers from 0 on, one for each input channel.`,
      });
    }
  }
  return alpha;
}

/** Names of the layers that may be replaced and have no α. */
export function layersWithout(alpha: Alpha, { layers }: Convolutions): string[] {
  return layers.filter(({ nodes }) => !nodes.some((node) => alpha.has(nameOf(node)))).map(({ name }) => name);
}

/** α of a layer, or `undefined` where none was given. Nodes that share their weights add up theirs. */
export function alphaOf({ nodes, shape }: Layer, alpha: Alpha): Float64Array | undefined {
  const given = nodes.map((node) => alpha.get(nameOf(node))).filter((one) => one !== undefined);
  if (given.length === 0) return undefined;
  return Float64Array.from({ length: shape.inputChannels }, (_, c) => given.reduce((sum, one) => sum + one[c]!, 0));
}
