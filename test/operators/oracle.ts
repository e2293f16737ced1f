import { create } from '@bufbuild/protobuf';
import { env, InferenceSession as Oracle, Tensor } from 'onnxruntime-node';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { OperatorSetIdProtoSchema, ValueInfoProtoSchema, type NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant, DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import type { Case } from './case';

// What it warns of while it reads a model goes by no session's level.
env.logLevel = 'error';

const inputName = (index: number) => `x${index}`;
const outputName = (index: number) => `y${index}`;

export function nodeOf({ opType, domain, inputs, attributes, outputs = 1 }: Case): NodeProto {
  return makeNode({
    opType,
    ...(domain === undefined ? {} : { domain }),
    name: 'node',
    input: inputs.map((input, index) => (input ? inputName(index) : '')),
    output: Array.from({ length: outputs }, (_, index) => outputName(index)),
    attributes,
  });
}

/** A model of one node; what its outputs are is left to whoever reads it. */
export function modelOf(tested: Case): Uint8Array {
  const fed = tested.inputs.flatMap((input, index) => (input && !input.known ? [{ input, index }] : []));
  const known = tested.inputs.flatMap((input, index) =>
    input?.known ? [[inputName(index), input as Constant] as const] : [],
  );
  const node = nodeOf(tested);
  const model = makeModel({
    nodes: [node],
    inputs: fed.map(({ input, index }) => makeValueInfo(inputName(index), input.type, input.dims)),
    outputs: node.output.map((name) => create(ValueInfoProtoSchema, { name })),
    initializers: Object.fromEntries(known),
    opset: tested.opset,
  });
  const { domain } = tested;
  if (domain) model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  return encodeModel(model);
}

export function feedsOf(tested: Case): Record<string, Tensor> {
  return Object.fromEntries(
    tested.inputs.flatMap((input, index) => {
      if (!input || input.known) return [];
      // onnxruntime-node may take the memory of a feed; each run has its own.
      const data = (input.data as Float32Array).slice();
      return [[inputName(index), new Tensor(input.type as 'float32', data, [...input.dims])]];
    }),
  );
}

export function toConstant(tensor: Tensor): Constant {
  return { type: tensor.type as DataType, dims: [...tensor.dims], data: tensor.data };
}

/** What onnxruntime-node makes of a case. */
export async function expectedOf(tested: Case): Promise<Constant[]> {
  const session = await Oracle.create(modelOf(tested), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const results = await session.run(feedsOf(tested));
    return session.outputNames.map((name) => toConstant(results[name] as Tensor));
  } finally {
    await session.release();
  }
}
