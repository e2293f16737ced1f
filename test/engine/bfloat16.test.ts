import type { Tensor } from 'onnxruntime-common';
import { InferenceSession } from '../../src/engine/session';
import { readNpy } from '../../src/data/npy';
import { saveOutputs } from '../../src/cli/output-files';
import { bfloat16ToFloat32, float32ToBfloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { temporaryFolder } from '../onnx/temporary-folder';
import { Random } from '../operators/random';

const random = new Random(45);
const folder = temporaryFolder();
const bits = (values: readonly number[] | Float32Array) => float32ToBfloat16(Float32Array.from(values));
const [x, w, c] = [[4, 3], [3, 5], [5]].map((dims) => ({ dims, data: bits(random.floats(dims).data as Float32Array) }));

/** relu(x·w + c), all of bfloat16; and the product as float32. */
const model = encodeModel(
  makeModel({
    nodes: [
      makeNode({ opType: 'MatMul', input: ['x', 'w'], output: ['product'] }),
      makeNode({ opType: 'Add', input: ['product', 'c'], output: ['sum'] }),
      makeNode({ opType: 'Relu', input: ['sum'], output: ['y'] }),
      makeNode({ opType: 'Cast', input: ['product'], output: ['wide'], attributes: { to: 1 } }),
    ],
    inputs: [makeValueInfo('x', 'bfloat16', [4, 3])],
    outputs: [makeValueInfo('y', 'bfloat16', [4, 5]), makeValueInfo('wide', 'float32', [4, 5])],
    initializers: { w: { type: 'bfloat16', ...w! }, c: { type: 'bfloat16', ...c! } },
    opset: 16,
  }),
);

/** A tensor of bfloat16, of which onnxruntime-common has no class. */
const tensor = (data: Uint16Array, dims: readonly number[]) => ({ type: 'bfloat16', dims, data }) as unknown as Tensor;

function expected(): { wide: Float32Array; y: Uint16Array } {
  const [a, b, bias] = [x!, w!, c!].map(({ data }) => bfloat16ToFloat32(data)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const wide = Float32Array.from({ length: 20 }, (_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + a[Math.floor(i / 5) * 3 + k]! * b[k * 5 + (i % 5)]!, 0),
  );
  return { wide, y: bits(wide.map((value, i) => Math.max(0, value + bias[i % 5]!))) };
}

/** Largest difference of numbers, in steps of bfloat16. */
function stepsApart(a: Uint16Array, b: Uint16Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

test('inputs, weights and outputs of bfloat16 are their bits', async () => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const wanted = expected();
  for (const { y, wide } of [
    await session.run({ x: tensor(x!.data, [4, 3]) }),
    session.runSync({ x: tensor(x!.data, [4, 3]) }),
  ]) {
    expect({ type: y!.type, dims: y!.dims }).toEqual({ type: 'bfloat16', dims: [4, 5] });
    expect(y!.data).toBeInstanceOf(Uint16Array);
    // The sum is rounded once.
    expect(stepsApart(y!.data as Uint16Array, wanted.y)).toBeLessThanOrEqual(1);
    (wide!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(wanted.wide[i]!, 5));
  }
  await session.release();
});

test('an output of bfloat16 may be fed, and be written into a tensor that is given', async () => {
  const identity = encodeModel(
    makeModel({
      nodes: [makeNode({ opType: 'Identity', input: ['x'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'bfloat16', ['n'])],
      outputs: [makeValueInfo('y', 'bfloat16', ['n'])],
      opset: 16,
    }),
  );
  const session = await InferenceSession.create(identity);
  // Zeros of both signs, the least and the greatest numbers, infinities.
  const patterns = Uint16Array.of(0, 0x8000, 1, 0x8001, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x3f80);
  const { y } = await session.run({ x: tensor(patterns, [9]) });
  expect(y!.data).toEqual(patterns);
  const given = tensor(new Uint16Array(9), [9]);
  const again = await session.run({ x: y! }, { y: given });
  expect(again.y).toBe(given);
  expect(given.data).toEqual(patterns);
  await session.release();
});

test('is saved as the float32 that it is', async () => {
  const files = await saveOutputs({ y: tensor(bits([1.5, -2]), [2]) }, folder.file('out'));
  const { type, dims, data } = await readNpy(files.y!);
  expect({ type, dims, data }).toEqual({ type: 'float32', dims: [2], data: Float32Array.of(1.5, -2) });
});
