import { create } from '@bufbuild/protobuf';
import type { Graph } from '../graph/graph';
import { isStandardDomain } from '../onnx/domain';
import { makeNode } from '../onnx/make';
import { OperatorSetIdProtoSchema, type NodeProto } from '../onnx/onnx_pb';
import { microsoftDomain, onBytes } from './byte-operators';
import { bytesBehind, bytesOf, type ByteResult } from './byte-tensors';

/** Operators that move elements, and by which runtimes also move bytes. */
const moving = new Set([
  ...['DepthToSpace', 'Expand', 'Flatten', 'Gather', 'Identity', 'MaxPool', 'Pad', 'Reshape', 'Slice', 'SpaceToDepth'],
  ...['Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
]);

/**
 * Turns operators of floats between DequantizeLinear and QuantizeLinear into operators on bytes, where ONNX or onnxruntime has them,
 * so that each gives the same bytes. Relu and Clip before QuantizeLinear go where they change no byte. What has no such form stays.
 *
 * @param graph in QDQ form, of operator set 13 or newer, as `quantize` writes it: weights with a scale for each output, biases in units of the sums; is edited
 */
export function toOperatorForm(graph: Graph): void {
  const replacements = new Map<NodeProto, readonly NodeProto[]>();
  let importsMicrosoft = false;
  for (const node of graph.nodes) {
    const results = node.output.map((name) => (name === '' ? undefined : bytesBehind(graph, name)));
    const made = moved(graph, node, results) ?? onBytes(graph, node, results[0]);
    if (!made) continue;
    replacements.set(node, [made]);
    for (const one of results.flatMap((result) => result?.behind ?? [])) replacements.set(one, []);
    importsMicrosoft ||= made.domain === microsoftDomain;
  }
  graph.replace(replacements);
  graph.removeDead();
  const imports = graph.model.opsetImport;
  if (!importsMicrosoft || imports.some(({ domain }) => domain === microsoftDomain)) return;
  imports.push(create(OperatorSetIdProtoSchema, { domain: microsoftDomain, version: 1n }));
}

/** A node that moves the bytes, which keep their scale; `undefined` where it does not. */
function moved(graph: Graph, node: NodeProto, results: readonly (ByteResult | undefined)[]): NodeProto | undefined {
  if (!isStandardDomain(node.domain) || !moving.has(node.opType)) return undefined;
  const [x, ...others] = node.input;
  const source = bytesOf(graph, x);
  const isKept = (result: ByteResult | undefined, place: number) =>
    node.output[place] === '' || (result?.scale === source!.scale && result.zeroPoint === source!.zeroPoint);
  if (!source || !results.every(isKept)) return undefined;
  // Of floats, what pads is 0.
  if (node.opType === 'Pad') others[1] = source.zeroPoint;
  const { opType, name } = node;
  const made = makeNode({
    ...{ opType, name, input: [source.bytes, ...others] },
    output: results.map((result) => result?.bytes ?? ''),
  });
  made.attribute = node.attribute;
  return made;
}
