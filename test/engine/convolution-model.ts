import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { floats } from '../graph/small-network';

/** One dense 3×3 convolution, which several fast kernels can run; any batch, height and width. */
export function convolutionModel(channels: number): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({
          opType: 'Conv',
          input: ['x', 'w'],
          output: ['y'],
          attributes: { pads: [1, 1, 1, 1] },
        }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['batch', channels, 'height', 'width'])],
      outputs: [makeValueInfo('y', 'float32', ['batch', channels, 'height', 'width'])],
      initializers: { w: floats([channels, channels, 3, 3]) },
    }),
  );
}
