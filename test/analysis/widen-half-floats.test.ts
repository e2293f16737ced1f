import * as ort from 'onnxruntime-node';
import { inferValues } from '../../src/analysis/infer';
import { widenHalfFloats } from '../../src/analysis/widen-half-floats';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { float16ToFloat32, float32ToFloat16 } from '../../src/onnx/float16';
import { editableCopy } from '../../src/onnx/copy';
import { makeValueInfo } from '../../src/onnx/make';
import { TensorProto_DataType as Code, type ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';
import { floats, smallNetwork } from '../graph/small-network';
import { halfNetwork } from './half-network';

function widened(model: ModelProto): Graph {
  const graph = new Graph(editableCopy(model));
  widenHalfFloats(graph, inferValues(graph, undefined, { lenient: true }));
  return graph;
}

const image = floats([1, 3, 16, 16], 9).data as Float32Array;
const pattern = float32ToFloat16(image);

/** Of the first output, in single precision. */
function numbersOf({ data }: { readonly data: unknown }): Float32Array {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return float16ToFloat32(new Uint16Array(buffer, byteOffset, length));
}

async function answers(
  model: ModelProto,
  engine: typeof InferenceSession | typeof ort.InferenceSession,
  isHalf: boolean,
) {
  const session = await engine.create(encodeModel(model));
  const dims = [1, 3, 16, 16];
  const feed = isHalf ? new Tensor('float16', pattern, dims) : new Tensor('float32', image, dims);
  const { y } = await session.run({ x: feed });
  await session.release();
  return { type: y!.type, numbers: numbersOf(y!) };
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

test.each(['float32', 'float16'] as const)('a network of float16 with ends of %s', async (ends) => {
  const model = halfNetwork(ends);
  const before = encodeModel(model);
  const graph = widened(model);
  const isHalf = ends === 'float16';
  const types = new Map(Array.from(inferValues(graph), ([name, { type }]) => [name, type]));
  for (const [name, type] of types) if (type === 'float16') expect(['x', 'y']).toContain(name);
  expect([types.get('x'), types.get('y')]).toEqual([ends, ends]);
  expect(graph.declared('b')?.type ?? 'float32').toBe('float32');

  const own = await answers(model, InferenceSession, isHalf);
  const wide = await answers(graph.model, InferenceSession, isHalf);
  const reference = await answers(graph.model, ort.InferenceSession, isHalf);
  expect([wide.type, reference.type]).toEqual([ends, ends]);
  // The engine rounds nothing between the nodes of the given network either, except in what it folds.
  expect(largestDifference(own.numbers, wide.numbers)).toBeLessThan(isHalf ? 1e-3 : 1e-5);
  expect(largestDifference(reference.numbers, wide.numbers)).toBeLessThan(isHalf ? 1e-3 : 1e-5);
  expect(encodeModel(model)).toEqual(before);
});

test('casts among floats are gone where the ends are float32', () => {
  const { nodes } = widened(halfNetwork());
  expect(nodes.filter(({ opType }) => opType === 'Cast')).toEqual([]);
});

test('a network with bodies stays as it is', () => {
  const model = smallNetwork();
  expect(
    model
      .graph!.initializer.concat(model.graph!.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? [])))
      .map(({ dataType }) => dataType),
  ).toContain(Code.FLOAT16);
  expect(encodeModel(widened(model).model)).toEqual(encodeModel(model));
});

test('a network with a constant output keeps its types', () => {
  const model = halfNetwork();
  model.graph!.output.push(makeValueInfo('b1', 'float16', [8]));
  const types = inferValues(widened(model));
  expect([types.get('b1')!.type, types.get('a')!.type]).toEqual(['float16', 'float16']);
});
