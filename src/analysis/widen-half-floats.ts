import { clone } from '@bufbuild/protobuf';
import type { Graph } from '../graph/graph';
import { intAttribute, makeAttribute, subgraphs } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { toFloat32 } from '../onnx/floats';
import { makeNode } from '../onnx/make';
import { TensorProto_DataType, ValueInfoProtoSchema, type NodeProto } from '../onnx/onnx_pb';
import { dataTypeCode, dataTypeOf, decodeTensor, encodeTensor } from '../onnx/tensor';
import type { DataType, ValueType } from '../onnx/value';
import { foldConstants } from './fold-constants';

/** Attributes that name the element type of a result. */
const typeAttributes = ['to', 'dtype', 'output_dtype'];

function isHalf(type: DataType | undefined): boolean {
  return type === 'float16' || type === 'bfloat16';
}

/** Whether it is float32 when the network is widened. */
function isWide(type: DataType | undefined): boolean {
  return type === 'float32' || isHalf(type);
}

/**
 * Makes a network of float16 or bfloat16 one of float32, as which the engine computes it in any case: nothing is rounded between its
 * nodes. What a run must feed and the outputs keep their types. Networks with If, Loop or Scan, or with an output that is constant, stay as
 * they are.
 *
 * @param graph is edited
 * @param values types of its tensors, as far as they are known
 */
export function widenHalfFloats(graph: Graph, values: ReadonlyMap<string, ValueType>): void {
  const { proto } = graph;
  const isHere =
    proto.initializer.some(({ dataType }) => isHalf(dataTypeOf(dataType))) ||
    graph.nodes.some(({ output }) => output.some((name) => isHalf(values.get(name)?.type)));
  if (!isHere || graph.nodes.some((node) => subgraphs(node).length > 0)) return;
  // What is known is computed in its own type, as in a session.
  foldConstants(graph);
  if (graph.outputs.some(({ name }) => graph.isInitializer(name))) return;
  const isFloat = (name: string) => isWide(values.get(name)?.type ?? graph.constant(name)?.type);

  for (const { name, dataType } of [...proto.initializer]) {
    if (!isHalf(dataTypeOf(dataType))) continue;
    const constant = graph.constant(name)!;
    graph.setInitializer(name, { type: 'float32', dims: constant.dims, data: toFloat32(constant) });
  }
  for (const node of graph.nodes) widenNode(node, isFloat);
  proto.valueInfo = proto.valueInfo.map((info) => {
    const type = info.type?.value;
    if (type?.case !== 'tensorType' || !isHalf(dataTypeOf(type.value.elemType))) return info;
    const wide = clone(ValueInfoProtoSchema, info);
    if (wide.type?.value.case === 'tensorType') wide.type.value.value.elemType = TensorProto_DataType.FLOAT;
    return wide;
  });
  keepEnds(graph);
  graph.removeDead();
}

/** A cast among floats does nothing any more. */
function widenNode(node: NodeProto, isFloat: (name: string) => boolean): void {
  const isCast = node.opType === 'Cast' && isWide(dataTypeOf(intAttribute(node, 'to', 0)));
  const isLike = node.opType === 'CastLike' && isFloat(node.input[1]!);
  if ((isCast || isLike) && isStandardDomain(node.domain) && isFloat(node.input[0]!)) {
    Object.assign(node, { opType: 'Identity', input: node.input.slice(0, 1), attribute: [] });
    return;
  }
  node.attribute = node.attribute.map((attribute) => {
    const { name, t: tensor } = attribute;
    if (typeAttributes.includes(name) && isHalf(dataTypeOf(Number(attribute.i)))) {
      return makeAttribute(name, dataTypeCode('float32'));
    }
    if (!tensor || !isHalf(dataTypeOf(tensor.dataType))) return attribute;
    const constant = decodeTensor(tensor);
    const wide = encodeTensor(tensor.name, { type: 'float32', dims: constant.dims, data: toFloat32(constant) });
    return { ...attribute, t: wide };
  });
}

/** Casts from the inputs of half precision, and to the outputs. */
function keepEnds(graph: Graph): void {
  const typeOf = (name: string) => graph.declared(name)?.type;
  const cast = (from: string, to: string, type: DataType) =>
    makeNode({
      opType: 'Cast',
      name: graph.uniqueName(`${to}/cast`),
      input: [from],
      output: [to],
      attributes: { to: dataTypeCode(type) },
    });
  const inside = new Map<string, string>();
  const before: NodeProto[] = [];
  const behind: NodeProto[] = [];
  for (const { name } of graph.inputs) {
    if (!isHalf(typeOf(name))) continue;
    inside.set(name, graph.uniqueName(`${name}.float32`));
    before.push(cast(name, inside.get(name)!, 'float32'));
  }
  for (const { name } of graph.outputs) {
    const type = typeOf(name);
    if (!type || !isHalf(type) || !graph.producer(name)) continue;
    inside.set(name, graph.uniqueName(`${name}.float32`));
    behind.push(cast(inside.get(name)!, name, type));
  }
  const renamed = (name: string) => inside.get(name) ?? name;
  for (const node of graph.nodes) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
  graph.proto.node = [...before, ...graph.nodes, ...behind];
}
