import { makeModel, makeNode, makeValueInfo } from '../../../src/onnx/make';
import type { Constant } from '../../../src/onnx/value';
import { encodeModel } from '../../../src/onnx/write';
import { seededUniform, uniformArray } from '../../networks/random';

/** Dims of a picture of {@link numberedModel}. */
export const pictureDims = [3, 32, 32] as const;
const [channels, layers] = [32, 8];

/**
 * `number` (n, 1) → `same` (n, 1), itself; `picture` (n, 3, 32, 32) → convolutions → `features` (n, 32). A row of an answer thus says whose it
 * is, and has taken work.
 */
export function numberedModel(): Uint8Array {
  const uniform = seededUniform(1);
  const initializers: Record<string, Constant> = {};
  const nodes = [makeNode({ opType: 'Identity', input: ['number'], output: ['same'] })];
  for (let layer = 0; layer < layers; layer++) {
    const inputs = layer === 0 ? pictureDims[0] : channels;
    const data = uniformArray(uniform, channels * inputs * 9, Math.sqrt(6 / (inputs * 9)));
    initializers[`w${layer}`] = { type: 'float32', dims: [channels, inputs, 3, 3], data };
    const attributes = { pads: [1, 1, 1, 1] };
    const from = layer === 0 ? 'picture' : `r${layer - 1}`;
    nodes.push(makeNode({ opType: 'Conv', input: [from, `w${layer}`], output: [`c${layer}`], attributes }));
    nodes.push(makeNode({ opType: 'Relu', input: [`c${layer}`], output: [`r${layer}`] }));
  }
  nodes.push(makeNode({ opType: 'GlobalAveragePool', input: [`r${layers - 1}`], output: ['mean'] }));
  nodes.push(makeNode({ opType: 'Flatten', input: ['mean'], output: ['features'] }));
  return encodeModel(
    makeModel({
      nodes,
      inputs: [
        makeValueInfo('number', 'float32', ['n', 1]),
        makeValueInfo('picture', 'float32', ['n', ...pictureDims]),
      ],
      outputs: [makeValueInfo('same', 'float32', ['n', 1]), makeValueInfo('features', 'float32', ['n', channels])],
      initializers,
    }),
  );
}
