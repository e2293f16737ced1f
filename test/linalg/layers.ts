import type { NativeLayer } from '../../src/addon/native';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Weights in [-1, 1), (M, C / groups, taps). */
export function randomWeights({ outputChannels, inputChannels, taps, groups }: NativeLayer, seed = 1): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: outputChannels * (inputChannels / groups) * taps }, () => random() * 2 - 1);
}

/** Block W_c, (M / groups, taps). */
export function block(weights: Float32Array, layer: NativeLayer, channel: number): Float64Array {
  const rows = layer.outputChannels / layer.groups;
  const perGroup = layer.inputChannels / layer.groups;
  const group = Math.floor(channel / perGroup);
  const result = new Float64Array(rows * layer.taps);
  for (let row = 0; row < rows; ++row) {
    for (let tap = 0; tap < layer.taps; ++tap) {
      const output = group * rows + row;
      result[row * layer.taps + tap] = weights[(output * perGroup + (channel % perGroup)) * layer.taps + tap]!;
    }
  }
  return result;
}
