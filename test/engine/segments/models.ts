import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from '../../../src/engine/session';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../../src/onnx/make';
import {
  GraphProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type ValueInfoProto,
} from '../../../src/onnx/onnx_pb';
import { encodeTensor } from '../../../src/onnx/tensor';
import type { Constant, DataType } from '../../../src/onnx/value';
import { encodeModel } from '../../../src/onnx/write';
import { constantOf, isFloat, numbersOf } from '../../../src/operators/elements';
import { evaluate } from '../../onnx/oracle';

export interface BodyParts {
  readonly nodes: readonly NodeParts[];
  readonly inputs?: readonly ValueInfoProto[];
  readonly outputs: readonly (string | ValueInfoProto)[];
  readonly initializers?: Readonly<Record<string, Constant>>;
}

/** The body of an If, Loop or Scan. */
export function body({ nodes, inputs = [], outputs, initializers = {} }: BodyParts): { graph: GraphProto } {
  const graph = create(GraphProtoSchema, {
    name: 'body',
    node: nodes.map(makeNode),
    input: [...inputs],
    output: outputs.map((output) =>
      typeof output === 'string' ? create(ValueInfoProtoSchema, { name: output }) : output,
    ),
    initializer: Object.entries(initializers).map(([name, constant]) => encodeTensor(name, constant)),
  });
  return { graph };
}

export interface MainParts extends Omit<BodyParts, 'outputs'> {
  readonly outputs: readonly string[];
  readonly opset?: number;
}

export function model({ nodes, inputs = [], outputs, initializers, opset = 17 }: MainParts): ModelProto {
  return makeModel({
    nodes: nodes.map(makeNode),
    inputs,
    outputs: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    initializers,
    opset,
  });
}

export const info = makeValueInfo;

export const floats = (dims: readonly number[], ...values: number[]): Constant => constantOf('float32', dims, values);
export const ints = (dims: readonly number[], ...values: number[]): Constant => constantOf('int64', dims, values);
export const bool = (value: boolean): Constant => constantOf('bool', [], [Number(value)]);

export function tensors(feeds: Readonly<Record<string, Constant>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims, data }]) => [
      name,
      new Tensor(type as 'float32', (data as Float32Array).slice(), [...dims]),
    ]),
  );
}

export function constants(results: Readonly<Record<string, unknown>>): Record<string, Constant> {
  return Object.fromEntries(
    Object.entries(results as Record<string, Tensor>).map(([name, { type, dims, data }]) => [
      name,
      { type: type as DataType, dims: [...dims], data: data as Float32Array },
    ]),
  );
}

/** Expects floats to be close, and all else to be the same. */
export function expectAlike(
  found: Readonly<Record<string, Constant>>,
  wanted: Readonly<Record<string, Constant>>,
  tolerance = 1e-5,
): void {
  const typesOf = (values: Readonly<Record<string, Constant>>) =>
    Object.fromEntries(Object.entries(values).map(([name, { type, dims }]) => [name, { type, dims: [...dims] }]));
  expect(typesOf(found)).toEqual(typesOf(wanted));
  for (const [name, constant] of Object.entries(wanted)) {
    const [got, expected] = [found[name]!, constant];
    if (!isFloat(constant.type)) {
      expect([...(got.data as Iterable<unknown>)]).toEqual([...(expected.data as Iterable<unknown>)]);
      continue;
    }
    const [one, other] = [numbersOf(got), numbersOf(expected)];
    for (let i = 0; i < other.length; i++) {
      const apart = Math.abs(one[i]! - other[i]!);
      if (Object.is(one[i], other[i]) || apart <= tolerance * Math.max(1, Math.abs(other[i]!))) continue;
      throw new Error(`element ${i} of ${name} is ${one[i]}, not ${other[i]}`);
    }
  }
}

/** Runs a model for feeds after feeds, in both ways, and compares with onnxruntime-node. */
export async function checkModel(
  tested: ModelProto,
  allFeeds: readonly Readonly<Record<string, Constant>>[],
  tolerance?: number,
): Promise<void> {
  const bytes = encodeModel(tested);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  try {
    for (const feeds of allFeeds) {
      const wanted = await evaluate(bytes, feeds);
      expectAlike(constants(await session.run(tensors(feeds))), wanted, tolerance);
      expectAlike(constants(session.runSync(tensors(feeds))), wanted, tolerance);
    }
  } finally {
    await session.release();
  }
}
