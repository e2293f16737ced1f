import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { TensorProto_DataType as Code, type ModelProto } from '../../src/onnx/onnx_pb';
import { encodeTensor } from '../../src/onnx/tensor';
import type { Constant } from '../../src/onnx/value';
import { floats, integers } from '../graph/small-network';

function half(dims: readonly number[], seed: number): Constant {
  return { type: 'float16', dims, data: float32ToFloat16(floats(dims, seed).data as Float32Array) };
}

/**
 * A network that makes a mask, as converters to float16 write it: weights, a Constant and all between are float16, with casts
 * behind the input (1, 3, 16, 16), about the Resize and before the output (1, 1, 16, 16).
 *
 * @param ends type of the input and the output; without casts where it is float16
 */
export function halfNetwork(ends: 'float32' | 'float16' = 'float32'): ModelProto {
  const node = (opType: string, input: string, output: string, attributes = {}) =>
    makeNode({ opType, name: `/${output}`, input: input.split(' '), output: [output], attributes });
  const cast = (input: string, output: string, to: Code) => node('Cast', input, output, { to });
  const padded = { pads: [1, 1, 1, 1] };
  const isWide = ends === 'float32';
  const model = makeModel({
    nodes: [
      ...(isWide ? [cast('x', 'input', Code.FLOAT16)] : []),
      node('Conv', `${isWide ? 'input' : 'x'} w1 b1`, 'a', padded),
      node('Relu', 'a', 'b'),
      node('MaxPool', 'b', 'pooled', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Conv', 'pooled w2', 'c', padded),
      node('Constant', '', 'half', { value: { tensor: encodeTensor('', half([1], 5)) } }),
      node('Mul', 'c half', 'd'),
      cast('d', 'small', Code.FLOAT),
      makeNode({
        opType: 'Resize',
        name: '/large',
        input: ['small', '', '', 'size'],
        output: ['large'],
        attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
      }),
      cast('large', 'e', Code.FLOAT16),
      node('Concat', 'e b', 'both', { axis: 1 }),
      node('Conv', 'both w3', 'f', padded),
      node('Sigmoid', 'f', isWide ? 'g' : 'y'),
      ...(isWide ? [cast('g', 'y', Code.FLOAT)] : []),
    ],
    inputs: [makeValueInfo('x', ends, [1, 3, 16, 16])],
    outputs: [makeValueInfo('y', ends, [1, 1, 16, 16])],
    initializers: {
      ...{ w1: half([8, 3, 3, 3], 1), b1: half([8], 2), w2: half([8, 8, 3, 3], 3), w3: half([1, 16, 3, 3], 4) },
      size: integers(1, 8, 16, 16),
    },
  });
  model.graph!.node.find(({ opType }) => opType === 'Constant')!.input = [];
  model.graph!.valueInfo = [makeValueInfo('b', 'float16', [1, 8, 16, 16])];
  return model;
}
