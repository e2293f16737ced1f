import { InferenceSession } from '../../src/engine/session';
import type { NodeProto } from '../../src/onnx/onnx_pb';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

// What recognizes quantized networks looks at chains of operations, and at windows. Neither may be as long, or as wide, as a
// file says: each of these took minutes, or ended in an overflow of the stack.

type Rest = (
  node: (opType: string, input: string[], attributes?: Record<string, number[] | number>) => string,
) => string;

/** x → what `build` makes of it → bytes, beside x as bytes. */
function quantized(dims: readonly number[], build: Rest): Uint8Array {
  const nodes: NodeProto[] = [];
  const node: Parameters<Rest>[0] = (opType, input, attributes = {}) => {
    const output = `value ${nodes.length}`;
    nodes.push(makeNode({ opType, input, output: [output], attributes }));
    return output;
  };
  const first = node('QuantizeLinear', ['x', 'scale', 'zero']);
  const last = node('QuantizeLinear', [build(node), 'scale', 'zero']);
  return encodeModel(
    makeModel({
      opset: 13,
      nodes,
      inputs: [makeValueInfo('x', 'float32', [...dims])],
      outputs: [first, last].map((name) =>
        makeValueInfo(
          name,
          'uint8',
          dims.map((_, axis) => `${name} ${axis}`),
        ),
      ),
      initializers: {
        scale: { type: 'float32', dims: [], data: Float32Array.of(0.02) },
        zero: { type: 'uint8', dims: [], data: Uint8Array.of(3) },
      },
    }),
  );
}

const repeated = (count: number, value: string, next: (value: string) => string) => {
  for (let i = 0; i < count; i++) value = next(value);
  return value;
};

const chains: readonly (readonly [string, Rest])[] = [
  [
    '20,000 functions before what moves them',
    (node) => node('Transpose', [repeated(20_000, 'x', (value) => node('Neg', [value]))], { perm: [0, 1, 3, 2] }),
  ],
  [
    '5,000 pools of a sum',
    (node) => repeated(5000, node('Add', ['x', 'x']), (value) => node('MaxPool', [value], { kernel_shape: [1, 1] })),
  ],
  [
    '600 limits of 600 pieces',
    (node) => {
      const pieces = Array.from({ length: 600 }, () => node('Add', ['x', 'x']));
      return repeated(600, node('Concat', pieces, { axis: 1 }), (value) => node('Relu', [value]));
    },
  ],
];

test.each(chains)('%s', async (_, build) => {
  const session = await InferenceSession.create(quantized([1, 2, 4, 4], build), { intraOpNumThreads: 1 });
  await session.release();
});

test('pools of a map a thousand million columns wide are refused before their windows are looked at', async () => {
  const model = quantized([1, 1, 1, 1e9], (node) =>
    repeated(20, node('Add', ['x', 'x']), (value) => node('MaxPool', [value], { kernel_shape: [1, 2] })),
  );
  const creation = InferenceSession.create(model, { limits: { memoryBytes: 500e6 } });
  await expect(creation).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});
