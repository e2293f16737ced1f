import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { floats } from '../graph/small-network';

/** One depthwise 3×3 convolution, which more than one fast kernel can run; any batch, height and width. */
export function depthwiseModel(channels: number): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({
          opType: 'Conv',
          input: ['x', 'w'],
          output: ['y'],
          attributes: { pads: [1, 1, 1, 1], group: channels },
        }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['batch', channels, 'height', 'width'])],
      outputs: [makeValueInfo('y', 'float32', ['batch', channels, 'height', 'width'])],
      initializers: { w: floats([channels, 1, 3, 3]) },
    }),
  );
}
