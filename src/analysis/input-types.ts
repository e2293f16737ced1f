import type { Graph } from '../graph/graph';
import type { ValueType } from '../onnx/value';

/** Types of the inputs whose shapes are given, for {@link inferValues}, which checks that they fit the model. */
export function typesOfInputs(
  graph: Graph,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Map<string, ValueType> {
  return new Map(
    Object.entries(shapes).map(([name, dims]) => [name, { type: graph.declared(name)?.type ?? 'float32', dims }]),
  );
}
