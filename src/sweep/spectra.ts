import type { DecomposedLayer } from '../compress/decomposed-layers';
import type { LayerSpectrum } from './report';

/** Limit of the points of a curve. */
const maxPoints = 200;

/** Loss of each layer by its number of kernels, at evenly spaced points. */
export function spectraOf(layers: readonly Pick<DecomposedLayer, 'layer' | 'ranking'>[]): LayerSpectrum[] {
  return layers.map(({ layer, ranking: { errors, steps } }) => {
    const stride = Math.max(1, Math.ceil(steps / maxPoints));
    const kernels: number[] = [];
    for (let step = 0; step < steps; step += stride) kernels.push(step);
    kernels.push(steps);
    const energy = errors[0]!;
    return {
      name: layer.name,
      kernels: kernels.map((step) => step * layer.shape.groups),
      lost: kernels.map((step) => (energy > 0 ? errors[step]! / energy : 0)),
    };
  });
}
