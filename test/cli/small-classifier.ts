import { Tensor } from 'onnxruntime-common';
import { GradientSession } from '../../src';
import { rows } from '../../src/gradient/rows';
import { fromFloat32 } from '../../src/onnx/floats';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { dataTypeCode } from '../../src/onnx/tensor';
import type { Constant, DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { predictedClass } from '../../src/robustness/classifier';
import { floats } from '../graph/small-network';

export interface ClassifierParts {
  /** Of input, weights and logits. */
  readonly type?: DataType;
  /** Dims of the input `x`. */
  readonly dims?: readonly (number | string)[];
  /** Kernel sizes of its convolutions, one after the other, of 8 channels. */
  readonly kernels?: readonly number[];
  /** Groups of the convolutions but the first. */
  readonly groups?: number;
  /** Of the logits. */
  readonly bias?: readonly number[];
}

/** Convolutions `conv0`, `conv1`, ... of 8 channels with Relu, the mean over the map, and 4 logits. */
export function classifier({
  type = 'float32',
  dims = ['n', 3, 8, 8],
  kernels = [3, 3, 3],
  groups = 1,
  bias = [0, 0, 0, 0],
}: ClassifierParts = {}): Uint8Array {
  // JavaScript has no tensors of bfloat16 for outputs.
  const output = type === 'bfloat16' ? 'float32' : type;
  const channels = dims[1] as number;
  const last = kernels.length === 0 ? channels : 8;
  const made = (shape: number[], seed: number) => {
    const scale = Math.sqrt(3 / shape.slice(1).reduce((product, dim) => product * dim, 1));
    const { data } = floats(shape, seed);
    return fromFloat32(
      type,
      shape,
      (data as Float32Array).map((value) => scale * value),
    );
  };
  const convolutions = kernels.flatMap((kernel, index) => [
    makeNode({
      opType: 'Conv',
      name: `conv${index}`,
      input: [index === 0 ? 'x' : `r${index - 1}`, `w${index}`],
      output: [`c${index}`],
      attributes: { pads: new Array<number>(4).fill((kernel - 1) / 2), group: index === 0 ? 1 : groups },
    }),
    makeNode({ opType: 'Relu', input: [`c${index}`], output: [`r${index}`] }),
  ]);
  const weights = kernels.map((kernel, index): [string, Constant] => [
    `w${index}`,
    made([8, index === 0 ? channels : 8 / groups, kernel, kernel], index + 1),
  ]);
  return encodeModel(
    makeModel({
      nodes: [
        ...convolutions,
        makeNode({
          opType: 'GlobalAveragePool',
          input: [kernels.length === 0 ? 'x' : `r${kernels.length - 1}`],
          output: ['p'],
        }),
        makeNode({ opType: 'Flatten', input: ['p'], output: ['f'] }),
        makeNode({ opType: 'Gemm', input: ['f', 'l', 'b'], output: ['scores'], attributes: { transB: 1 } }),
        makeNode({ opType: 'Cast', input: ['scores'], output: ['logits'], attributes: { to: dataTypeCode(output) } }),
      ],
      inputs: [makeValueInfo('x', type, dims)],
      outputs: [makeValueInfo('logits', output, [dims[0]!, 4])],
      initializers: {
        ...Object.fromEntries(weights),
        l: made([4, last], 99),
        b: fromFloat32(type, [4], Float32Array.from(bias)),
      },
    }),
  );
}

/**
 * The network with a bias that spreads these images (N, C, H, W) over its classes, and the classes that it has for them.
 *
 * @param side of the images, which have 3 channels
 */
export async function spreadOver(pixels: Float32Array, side: number): Promise<{ model: Uint8Array; labels: number[] }> {
  const count = pixels.length / (3 * side * side);
  const logitsOf = async (model: Uint8Array): Promise<Float32Array[]> => {
    const session = await GradientSession.create(model);
    const logits = await session.logits({ x: new Tensor('float32', pixels, [count, 3, side, side]) });
    await session.release();
    return rows(logits.data as Float32Array, 4);
  };
  const plain = await logitsOf(classifier());
  const bias = [0, 1, 2, 3].map((label) => -plain.reduce((sum, row) => sum + row[label]!, 0) / count);
  const model = classifier({ bias });
  return { model, labels: (await logitsOf(model)).map(predictedClass) };
}
