import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { toFloat32 } from '../onnx/floats';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { inModelOrder, type WeightRows } from './product-weights';

/** @throws {GdwsError} MODEL_INVALID */
export function checkFinite(node: NodeProto, what: 'weight' | 'bias', numbers: Float32Array): void {
  const at = numbers.findIndex((number) => !Number.isFinite(number));
  if (at < 0) return;
  throw new GdwsError('MODEL_INVALID', `a ${what} is ${numbers[at]}.`, {
    node: nameOf(node),
    operator: node.opType,
    remedy: `Integers need finite numbers: keep the node in floats (int8Exclude, --int8-exclude), or export the model again from a training that converged.`,
  });
}

/** A copy of a product's bias; zeros where it has none. */
export function floatBias(graph: Graph, node: NodeProto, outputs: number): Float32Array {
  if (!node.input[2]) return new Float32Array(outputs);
  const given = toFloat32(graph.constant(node.input[2])!);
  // That of a Gemm may be one number for all outputs.
  return given.length === outputs ? given.slice() : new Float32Array(outputs).fill(given[0]!);
}

/** Gives a product a bias of its own, which others do not read. */
export function setFloatBias(graph: Graph, node: NodeProto, data: Float32Array): void {
  const name = graph.uniqueName(`${nameOf(node)}.bias`);
  graph.setInitializer(name, { type: 'float32', dims: [data.length], data });
  node.input[2] = name;
}

/** Gives a product weights of its own, which others do not read. */
export function setFloatWeights(graph: Graph, node: NodeProto, rows: WeightRows, numbers: Float32Array): void {
  const name = graph.uniqueName(`${nameOf(node)}.weight`);
  const data = inModelOrder(numbers, rows).slice();
  graph.setInitializer(name, { type: 'float32', dims: rows.dims, data });
  node.input[1] = name;
}
