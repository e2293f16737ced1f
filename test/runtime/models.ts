import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

/** Numbers in (-1, 1) that look random and are the same each time. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export interface StackOptions {
  readonly channels: number;
  readonly layers: number;
  /** Height and width; free by default, as the batch is. */
  readonly size?: number;
  /** Whether all layers have the weights of the first. */
  readonly shared?: boolean;
}

/** x (batch, channels, height, width) → `layers` 3×3 convolutions with ReLUs → y of the same shape. */
export function convolutionStack({ channels, layers, size, shared = false }: StackOptions): Uint8Array {
  const dims = ['batch', channels, size ?? 'height', size ?? 'width'];
  const initializers: Record<string, Constant> = {};
  const nodes = Array.from({ length: layers }, (_, i) => {
    const weights = shared ? 'w0' : `w${i}`;
    const data = numbers(channels * channels * 9, i + 1).map((value) => value / Math.sqrt(channels * 3));
    initializers[weights] ??= { type: 'float32', dims: [channels, channels, 3, 3], data };
    const [from, to] = [i === 0 ? 'x' : `r${i - 1}`, i === layers - 1 ? 'y' : `r${i}`];
    return [
      makeNode({ opType: 'Conv', input: [from, weights], output: [`c${i}`], attributes: { pads: [1, 1, 1, 1] } }),
      makeNode({ opType: 'Relu', input: [`c${i}`], output: [to] }),
    ];
  }).flat();
  return encodeModel(
    makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('y', 'float32', dims)],
      initializers,
    }),
  );
}

/** x (batch, channels, size, size) → convolution → product → logits (batch, 10): can be differentiated. */
export function classifier(channels: number, size: number): Uint8Array {
  const initializers: Record<string, Constant> = {
    w: { type: 'float32', dims: [channels, channels, 3, 3], data: numbers(channels * channels * 9) },
    m: { type: 'float32', dims: [channels * size * size, 10], data: numbers(channels * size * size * 10, 2) },
  };
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['c'], attributes: { pads: [1, 1, 1, 1] } }),
        makeNode({ opType: 'Relu', input: ['c'], output: ['r'] }),
        makeNode({ opType: 'Flatten', input: ['r'], output: ['f'] }),
        makeNode({ opType: 'MatMul', input: ['f', 'm'], output: ['logits'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['batch', channels, size, size])],
      outputs: [makeValueInfo('logits', 'float32', ['batch', 10])],
      initializers,
    }),
  );
}
