import { create } from '@bufbuild/protobuf';
import { makeAttribute, type AttributeValue } from './attribute';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from './onnx_pb';
import { dataTypeCode, encodeTensor } from './tensor';
import type { Constant, DataType } from './value';

/** Parts of a node; an empty input name is an absent optional input. */
export interface NodeParts {
  opType: string;
  input: readonly string[];
  output: readonly string[];
  name?: string;
  domain?: string;
  attributes?: Readonly<Record<string, AttributeValue>>;
}

export function makeNode({ opType, input, output, name, domain, attributes = {} }: NodeParts): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input: [...input],
    output: [...output],
    ...(name === undefined ? {} : { name }),
    ...(domain === undefined ? {} : { domain }),
    attribute: Object.entries(attributes).map(([key, value]) => makeAttribute(key, value)),
  });
}

/** A graph input or output; a string among the dims is the name of a free one. */
export function makeValueInfo(name: string, type: DataType, dims: readonly (number | string)[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: dataTypeCode(type),
          shape: create(TensorShapeProtoSchema, {
            dim: dims.map((dim) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
              }),
            ),
          }),
        }),
      },
    }),
  });
}

/** Parts of a model. */
export interface ModelParts {
  nodes: readonly NodeProto[];
  inputs: readonly ValueInfoProto[];
  outputs: readonly ValueInfoProto[];
  initializers?: Readonly<Record<string, Constant>>;
  opset?: number;
  name?: string;
}

export function makeModel({
  nodes,
  inputs,
  outputs,
  initializers = {},
  opset = 17,
  name = 'graph',
}: ModelParts): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'gdws',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) })],
    graph: create(GraphProtoSchema, {
      name,
      node: [...nodes],
      input: [...inputs],
      output: [...outputs],
      initializer: Object.entries(initializers).map(([key, constant]) => encodeTensor(key, constant)),
    }),
  });
}
