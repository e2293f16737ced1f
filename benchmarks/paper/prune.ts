import { GdwsError } from '../../src/base/errors';
import { Graph } from '../../src/graph/graph';
import { isFloat, toFloat32 } from '../../src/onnx/floats';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';

/** A network with weights of 0. */
export interface Pruned {
  readonly model: ModelProto;
  /** Weights of convolutions and linear layers that are not 0. */
  readonly remaining: number;
}

const pruned = new Set(['Conv', 'Gemm', 'MatMul']);

/**
 * Unstructured pruning by magnitude, as HYDRA's baseline: in every convolution and linear layer the same share of the weights, the
 * smallest, becomes 0. Nothing is trained afterwards.
 *
 * @param sparsity share of the weights, 0 to 1
 * @throws GdwsError MODEL_*; SHAPE_UNKNOWN where no layer has constant weights
 */
export async function prune(file: string, sparsity: number): Promise<Pruned> {
  const graph = new Graph(await readModel(file), file);
  const names = new Set(
    graph.nodes
      .filter(({ opType }) => pruned.has(opType))
      .flatMap(({ input }) => (opaque(graph, input[1]!) ? [] : [input[1]!])),
  );
  if (names.size === 0) throw new GdwsError('SHAPE_UNKNOWN', 'no layer has weights that can be pruned.', { file });
  let remaining = 0;
  for (const name of names) {
    const weights = graph.constant(name)!;
    const data = withoutSmallest(toFloat32(weights), sparsity);
    graph.setInitializer(name, { type: 'float32', dims: weights.dims, data });
    for (const weight of data) remaining += weight === 0 ? 0 : 1;
  }
  return { model: graph.model, remaining };
}

function opaque(graph: Graph, name: string): boolean {
  const constant = graph.constant(name);
  return !constant || constant.dims.length < 2 || !isFloat(constant.type) || !graph.isInitializer(name);
}

/** A copy in which just this share of the numbers, the smallest in magnitude, is 0. */
export function withoutSmallest(weights: Float32Array, share: number): Float32Array {
  const count = Math.round(share * weights.length);
  const magnitudes = weights.map(Math.abs).sort();
  const threshold = count === 0 ? -1 : magnitudes[count - 1]!;
  // Of those at the threshold, as many as are still lacking.
  let ties = count - magnitudes.findIndex((magnitude) => magnitude === threshold);
  return weights.map((weight) => {
    const magnitude = Math.abs(weight);
    if (magnitude < threshold || (magnitude === threshold && ties-- > 0)) return 0;
    return weight;
  });
}
