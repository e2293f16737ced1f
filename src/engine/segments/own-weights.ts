import { Graph } from '../../graph/graph';
import { allTensors } from '../../onnx/tensors';

/**
 * The graph with weights in memory of their own, instead of that of a file, which programs that are being compiled may discard. Constants
 * are decoded anew.
 */
export function ownWeights({ model, file, limits }: Graph): Graph {
  for (const tensor of allTensors(model)) tensor.rawData = tensor.rawData.slice();
  return new Graph(model, file, limits);
}
