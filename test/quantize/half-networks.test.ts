import { inferValues } from '../../src/analysis/infer';
import { widenHalfFloats } from '../../src/analysis/widen-half-floats';
import { Graph } from '../../src/graph/graph';
import { editableCopy } from '../../src/onnx/copy';
import { halfNetwork } from '../analysis/half-network';
import { compress, onnxruntime, outputs, photographs } from './subjects';

const calibration = { images: photographs(24, [3, 16, 16]) };
const held = photographs(1, [3, 16, 16], 2);

test('a network of float16 is quantized as the same one of float32', async () => {
  const model = halfNetwork();
  const wide = new Graph(editableCopy(model));
  widenHalfFloats(wide, inferValues(wide));
  const [half, single] = await Promise.all(
    [model, wide.model].map((one) => compress(one, { int8: true, int8MaxLoss: 1, calibration })),
  );
  const { products, inFloats } = half!.summary.quantization!;
  expect(products.map(({ node }) => node)).toEqual(['/a', '/c', '/f']);
  expect(inFloats).toEqual([]);
  const found = await outputs(half!.model, held);
  expect(found).toEqual(await outputs(single!.model, held));

  const meanDifference = (other: Float32Array) =>
    found.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / found.length;
  expect(meanDifference(await outputs(model, held))).toBeLessThan(0.01);
  expect(meanDifference(await onnxruntime(half!.model, held))).toBeLessThan(0.002);
});
