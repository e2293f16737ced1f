import { clone } from '@bufbuild/protobuf';
import { Graph } from '../../src/graph/graph';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { evaluate, relativeDifference } from '../onnx/oracle';

/**
 * Runs a pass on a copy of a model and compares, by onnxruntime-node, what the two compute; names and declarations of
 * inputs and outputs must be the same.
 *
 * @returns the graph after the pass
 */
export async function agreesAfter(
  model: ModelProto,
  feeds: Readonly<Record<string, Constant>>,
  pass: (graph: Graph) => void,
  tolerance = 1e-5,
): Promise<Graph> {
  const before = encodeModel(model);
  const graph = new Graph(clone(ModelProtoSchema, model));
  pass(graph);
  const after = encodeModel(graph.model);
  expect(graph.inputs).toEqual(new Graph(model).inputs);
  expect(graph.outputs).toEqual(model.graph!.output);
  const [expected, found] = await Promise.all([evaluate(before, feeds), evaluate(after, feeds)]);
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, constant] of Object.entries(expected)) {
    expect(relativeDifference(found[name], constant)).toBeLessThan(tolerance);
  }
  // The index is that of the messages as they are now.
  expect(new Graph(graph.model).nodes).toEqual(graph.nodes);
  return graph;
}

export function operatorsOf(graph: Graph): string[] {
  return graph.nodes.map(({ opType }) => opType);
}
