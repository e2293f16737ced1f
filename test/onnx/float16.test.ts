import { makeAttribute } from '../../src/onnx/attribute';
import { float16ToFloat32, bfloat16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { dataTypeCode } from '../../src/onnx/tensor';
import type { Constant, DataType } from '../../src/onnx/value';
import { evaluate } from './oracle';

/** What onnxruntime-node's Cast makes of a constant. */
async function cast(constant: Constant, to: DataType): Promise<Constant> {
  const node = makeNode({ opType: 'Cast', input: ['x'], output: ['y'] });
  node.attribute.push(makeAttribute('to', dataTypeCode(to)));
  const model = makeModel({
    nodes: [node],
    inputs: [],
    outputs: [makeValueInfo('y', to, constant.dims)],
    initializers: { x: constant },
  });
  return (await evaluate(model))['y']!;
}

const patterns = Uint16Array.from({ length: 1 << 16 }, (_, pattern) => pattern);
const isNaN16 = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;

/** Floats around every boundary of half precision, and random ones of every size. */
function floats(): Float32Array {
  const values = [0, -0, Infinity, -Infinity, 65504, 65519.99, 65520, 65536, 2 ** -24, 2 ** -25, 2 ** -25 * 1.0001];
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let i = 0, word = 1; i < 60_000; i++) {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    // Half of them in the range of half precision, where rounding happens.
    bits[0] = i % 2 ? word : (word & 0x8fffffff) + (0x30000000 + ((word >>> 4) % 0x18000000));
    if (!Number.isNaN(float[0])) values.push(float[0]!);
  }
  // Every tie between two neighbours.
  const halves = float16ToFloat32(patterns);
  for (let i = 0; i < 0x7bff; i++) values.push((halves[i]! + halves[i + 1]!) / 2, -(halves[i]! + halves[i + 1]!) / 2);
  return Float32Array.from(values);
}

test('every half-precision pattern widens as onnxruntime widens it', async () => {
  const expected = (await cast({ type: 'float16', dims: [patterns.length], data: patterns }, 'float32')).data;
  expect(float16ToFloat32(patterns)).toEqual(expected);
});

test('floats are rounded to half precision as onnxruntime rounds them, ties included', async () => {
  const values = floats();
  const found = await cast({ type: 'float32', dims: [values.length], data: values }, 'float16');
  // onnxruntime-node may hand out half precision as Float16Array where there is one.
  const expected = new Uint16Array((found.data as Uint16Array).buffer);
  expect(float32ToFloat16(values)).toEqual(expected);
});

test('half precision survives the way to float32 and back', () => {
  const returned = float32ToFloat16(float16ToFloat32(patterns));
  patterns.forEach((pattern) => {
    if (isNaN16(pattern)) expect(isNaN16(returned[pattern]!)).toBe(true);
    else if (returned[pattern] !== pattern) throw new Error(`${pattern} became ${returned[pattern]}`);
  });
});

test('bfloat16 is the upper half of float32, rounded to even', async () => {
  const widened = bfloat16ToFloat32(patterns);
  expect(widened).toEqual((await cast({ type: 'bfloat16', dims: [patterns.length], data: patterns }, 'float32')).data);
  const values = floats();
  const rounded = float32ToBfloat16(values);
  // The nearest of the neighbours; of two as near, the one whose last bit is 0.
  const words = new Uint32Array(values.buffer);
  values.forEach((value, i) => {
    const [low, high] = [words[i]! >>> 16, (words[i]! >>> 16) + 1].map((pattern) => pattern & 0xffff) as [
      number,
      number,
    ];
    if (!Number.isFinite(value)) return expect(rounded[i]).toBe(low);
    const rest = words[i]! & 0xffff;
    const expected = rest < 0x8000 || (rest === 0x8000 && low % 2 === 0) ? low : high;
    if (rounded[i] !== expected) throw new Error(`${value} became ${rounded[i]}, not ${expected}`);
  });
  expect(
    float32ToBfloat16(Float32Array.of(NaN)).every((pattern) =>
      Number.isNaN(bfloat16ToFloat32(Uint16Array.of(pattern))[0]),
    ),
  ).toBe(true);
});
