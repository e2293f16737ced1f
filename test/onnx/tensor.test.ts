import { create } from '@bufbuild/protobuf';
import { float32ToBfloat16, float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { TensorProto_DataType as Code, TensorProtoSchema, type TensorProto } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor';
import type { Constant, DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { evaluate } from './oracle';
import { refusal } from './refusal';

const halves = Float32Array.of(1.5, -2, 65504, 2 ** -24, 0, -0.333);

/** A tensor in each form that a file may have, and its elements. */
const forms: [string, Partial<TensorProto>, DataType, ArrayLike<unknown>][] = [
  ['float_data', { dataType: Code.FLOAT, floatData: [1.5, -2, 0.25] }, 'float32', [1.5, -2, 0.25]],
  ['double_data', { dataType: Code.DOUBLE, doubleData: [1e300, -2] }, 'float64', [1e300, -2]],
  ['int8 in int32_data', { dataType: Code.INT8, int32Data: [-128, 0, 127] }, 'int8', [-128, 0, 127]],
  ['uint8 in int32_data', { dataType: Code.UINT8, int32Data: [0, 255] }, 'uint8', [0, 255]],
  ['int16 in int32_data', { dataType: Code.INT16, int32Data: [-32768, 32767] }, 'int16', [-32768, 32767]],
  ['uint16 in int32_data', { dataType: Code.UINT16, int32Data: [0, 65535] }, 'uint16', [0, 65535]],
  ['int32_data', { dataType: Code.INT32, int32Data: [-(2 ** 31), 2 ** 31 - 1] }, 'int32', [-(2 ** 31), 2 ** 31 - 1]],
  ['bool in int32_data', { dataType: Code.BOOL, int32Data: [0, 1, 1] }, 'bool', [0, 1, 1]],
  ['int64_data', { dataType: Code.INT64, int64Data: [-(2n ** 63n), 5n] }, 'int64', [-(2n ** 63n), 5n]],
  ['uint32 in uint64_data', { dataType: Code.UINT32, uint64Data: [0n, 4294967295n] }, 'uint32', [0, 4294967295]],
  ['uint64_data', { dataType: Code.UINT64, uint64Data: [2n ** 64n - 1n] }, 'uint64', [2n ** 64n - 1n]],
  [
    'float16 in int32_data',
    { dataType: Code.FLOAT16, int32Data: [...float32ToFloat16(halves)] },
    'float16',
    float32ToFloat16(halves),
  ],
  [
    'bfloat16 in int32_data',
    { dataType: Code.BFLOAT16, int32Data: [...float32ToBfloat16(halves)] },
    'bfloat16',
    float32ToBfloat16(halves),
  ],
  [
    'string_data',
    { dataType: Code.STRING, stringData: ['a', '', 'ü'].map((text) => new TextEncoder().encode(text)) },
    'string',
    ['a', '', 'ü'],
  ],
];

const tensorOf = (fields: Partial<TensorProto>, ...dims: number[]): TensorProto =>
  create(TensorProtoSchema, { name: 'w', ...fields, dims: dims.map(BigInt) } as never);

/** A model whose output is a tensor of its file. bfloat16 goes out as float32, since the runtime hands out no other. */
function modelOf(tensor: TensorProto, { type, dims }: Constant): Uint8Array {
  const isWidened = type === 'bfloat16';
  const model = makeModel({
    nodes: [
      isWidened
        ? makeNode({ opType: 'Cast', input: ['w'], output: ['y'], attributes: { to: Code.FLOAT } })
        : makeNode({ opType: 'Identity', input: ['w'], output: ['y'] }),
    ],
    inputs: [],
    outputs: [makeValueInfo('y', isWidened ? 'float32' : type, dims)],
  });
  model.graph!.initializer.push(tensor);
  return encodeModel(model);
}

describe.each(forms)('%s', (_, fields, type, elements) => {
  const tensor = tensorOf(fields, elements.length);
  test('decodes to its elements', () => {
    const constant = decodeTensor(tensor);
    expect(constant).toMatchObject({ type, dims: [elements.length] });
    expect([...(constant.data as Uint8Array)]).toEqual([...Array.from(elements)]);
  });

  test('means to onnxruntime-node what its raw form means, which decodes to the same', async () => {
    const constant = decodeTensor(tensor);
    const raw = encodeTensor('w', constant);
    expect(decodeTensor(raw)).toEqual(constant);
    const [typed, encoded] = await Promise.all([tensor, raw].map((form) => evaluate(modelOf(form, constant))));
    expect(encoded).toEqual(typed);
  });

  test('lacking or extra elements are refused, whatever the dims', () => {
    for (const dims of [[elements.length + 1], [elements.length, 2], [2 ** 52, 2 ** 52], [-1], [0]]) {
      expect(() => decodeTensor(tensorOf(fields, ...dims))).toThrow(
        refusal({ code: 'MODEL_INVALID', tensor: 'w', shape: dims }),
      );
    }
  });
});

const rawTypes: DataType[] = ['float32', 'float64', 'float16', 'int8', 'int16', 'int32', 'int64', 'uint64', 'bool'];
test.each(rawTypes)('raw %s decodes at every alignment, without a copy where it can', (type) => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => (type === 'bool' ? i % 2 : (i * 37) % 251));
  const dataType = codeOf(type);
  const count = bytes.length / sizeOf(type);
  const aligned = decodeTensor(tensorOf({ dataType, rawData: bytes }, count));
  expect((aligned.data as Uint8Array).buffer).toBe(bytes.buffer);
  for (let shift = 1; shift < 8; shift++) {
    const shifted = new Uint8Array(64);
    shifted.set(bytes, shift);
    // A file's bytes are a Buffer.
    const rawData = Buffer.from(shifted.buffer, shift, bytes.length);
    const { data } = decodeTensor(tensorOf({ dataType, rawData }, count));
    expect(data).toEqual(aligned.data);
    if (sizeOf(type) === 1) expect((data as Uint8Array).buffer).toBe(shifted.buffer);
  }
});

function codeOf(type: DataType): number {
  return encodeTensor('', { type, dims: [], data: new Uint8Array(0) }).dataType;
}

function sizeOf(type: DataType): number {
  return { float64: 8, int64: 8, uint64: 8, float32: 4, int32: 4, float16: 2, int16: 2 }[type as string] ?? 1;
}

test('a scalar has one element, a dim of 0 none', () => {
  expect(decodeTensor(tensorOf({ dataType: Code.FLOAT, floatData: [3] }))).toEqual({
    type: 'float32',
    dims: [],
    data: Float32Array.of(3),
  });
  expect(decodeTensor(tensorOf({ dataType: Code.FLOAT }, 3, 0)).data).toHaveLength(0);
  expect(
    decodeTensor(tensorOf({ dataType: Code.FLOAT, rawData: new Uint8Array(0) }, 2 ** 40, 2 ** 40, 0)).data,
  ).toHaveLength(0);
});

test('bools that a writer stored as 255 are 1', () => {
  expect(decodeTensor(tensorOf({ dataType: Code.BOOL, rawData: Uint8Array.of(255, 0, 1) }, 3)).data).toEqual(
    Uint8Array.of(1, 0, 1),
  );
  expect(decodeTensor(tensorOf({ dataType: Code.BOOL, int32Data: [256, 0] }, 2)).data).toEqual(Uint8Array.of(1, 0));
});

test('element types that are not known are refused by name of the tensor', () => {
  expect(() => decodeTensor(tensorOf({ dataType: 0 }, 1))).toThrow(refusal({ code: 'MODEL_INVALID' }));
  for (const dataType of [Code.COMPLEX64, 17, 22, 4000]) {
    expect(() => decodeTensor(tensorOf({ dataType }, 1))).toThrow(
      refusal({ code: 'OPERATOR_UNSUPPORTED', tensor: 'w' }),
    );
  }
});

test('reading a model leaves its weights in the bytes of the file', () => {
  const data = Float32Array.from({ length: 1000 }, Math.random);
  const bytes = modelOf(encodeTensor('w', { type: 'float32', dims: [1000], data }), {
    type: 'float32',
    dims: [1000],
    data,
  });
  const [tensor] = decodeModel(bytes).graph!.initializer;
  expect(tensor!.rawData.buffer).toBe(bytes.buffer);
  expect(decodeTensor(tensor!).data).toEqual(data);
});
