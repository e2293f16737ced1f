import fs from 'node:fs';
import path from 'node:path';
import { ImageSet, type WeightErrors } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { floats } from '../graph/small-network';

const folder = path.join(__dirname, '..', 'fixtures', 'calibrate');
export const network = path.join(folder, 'network.onnx');
export const expected = JSON.parse(fs.readFileSync(path.join(folder, 'expected.json'), 'utf8')) as {
  x: number[];
  alpha: Record<string, number[]>;
};
export const images = new ImageSet([3, 9, 9], Float32Array.from(expected.x), [0, 1, 2, 3, 4]);
export const more = new ImageSet(
  [3, 9, 9],
  (floats([11, 3, 9, 9]).data as Float32Array).map(Math.abs),
  new Uint8Array(11),
);

/** Largest difference of any α, relative to itself; one below 1e-6 of its layer's largest counts as that much. */
export function difference(actual: WeightErrors['alpha'], wanted: ReadonlyMap<string, ArrayLike<number>>): number {
  expect([...actual.keys()]).toEqual([...wanted.keys()]);
  let largest = 0;
  for (const [name, vector] of actual) {
    const own = Array.from(wanted.get(name)!);
    expect(vector).toHaveLength(own.length);
    const floor = 1e-6 * Math.max(...own);
    own.forEach((value, c) => {
      largest = Math.max(largest, Math.abs(vector[c]! - value) / Math.max(value, floor));
    });
  }
  return largest;
}

export interface Parts {
  readonly conv?: string;
  readonly batch?: string | number;
  readonly kernels?: Constant;
}

/** Logits are fixed sums of what a convolution of 2 channels gives, on average over the map. */
export function classifier(
  rows: readonly number[][],
  { conv = 'Conv', batch = 'N', kernels = positiveKernels }: Parts = {},
): Uint8Array {
  const weights = { type: 'float32' as const, dims: [rows.length, 2], data: Float32Array.from(rows.flat()) };
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: conv, input: conv === 'Conv' ? ['x', 'w'] : ['x'], output: ['y'], name: 'conv' }),
        makeNode({ opType: 'Relu', input: ['y'], output: ['r'] }),
        makeNode({ opType: 'GlobalAveragePool', input: ['r'], output: ['p'] }),
        makeNode({ opType: 'Flatten', input: ['p'], output: ['f'] }),
        makeNode({ opType: 'Gemm', input: ['f', 'l'], output: ['logits'], attributes: { transB: 1 } }),
      ],
      inputs: [makeValueInfo('x', 'float32', [batch, 2, 5, 5])],
      outputs: [makeValueInfo('logits', 'float32', [batch, rows.length])],
      initializers: { w: kernels, l: weights },
    }),
  );
}
export const positiveKernels = {
  ...floats([2, 2, 3, 3], 5),
  data: (floats([2, 2, 3, 3], 5).data as Float32Array).map(Math.abs),
};
export const small = new ImageSet(
  [2, 5, 5],
  (floats([6, 2, 5, 5], 3).data as Float32Array).map(Math.abs),
  new Uint8Array(6),
);
export const first = { firstLayer: true };
