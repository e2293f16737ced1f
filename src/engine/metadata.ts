import type { InferenceSession as Common } from 'onnxruntime-common';
import type { Graph } from '../graph/graph';

/** Declaration of an input or output; free dims are their names, or empty. */
export function metadataOf(graph: Graph, name: string): Common.ValueMetadata {
  const declared = graph.declared(name);
  const type = declared?.type ?? 'float32';
  return {
    name,
    isTensor: true,
    type: type as Common.TensorValueMetadata['type'],
    shape: (declared?.dims ?? []).map((dim) => dim ?? ''),
  };
}
