import { inferValues } from '../analysis/infer';
import { upgradeOperatorSet } from '../analysis/upgrade-operator-set';
import { widenHalfFloats } from '../analysis/widen-half-floats';
import type { ValueType } from '../onnx/value';
import type { Graph } from '../graph/graph';
import type { NodeProto } from '../onnx/onnx_pb';
import { featureZeroPoint } from './separable-kernels';
import { insertQuantization } from './insert-quantization';
import { nearestWeights, setIntegerWeights, weightRowsOf } from './product-weights';
import { excluding, findQuantizedNodes } from './quantized-nodes';

/**
 * Quantizes a network without images: its results mean nothing, but it takes the time of a network that was quantized with
 * images.
 *
 * @param graph is edited
 * @param feeds types of its inputs
 * @returns its products that are in integers now
 */
export function quantizeUncalibrated(
  graph: Graph,
  feeds: ReadonlyMap<string, ValueType>,
  exclude?: readonly (string | RegExp)[],
): readonly NodeProto[] {
  const given = inferValues(graph, feeds, { lenient: true });
  upgradeOperatorSet(graph, given);
  widenHalfFloats(graph, given);
  const values = inferValues(graph, feeds, { lenient: true });
  const nodes = findQuantizedNodes(graph, values, excluding(exclude));
  const isLimited = (tensor: string) => graph.producer(tensor)?.opType === 'Relu';
  const zeroPoints = new Map([...nodes.tensors.keys()].map((name) => [name, isLimited(name) ? 0 : featureZeroPoint]));
  insertQuantization(graph, nodes, (tensor) => ({ type: 'uint8', scale: 1 / 64, zeroPoint: zeroPoints.get(tensor)! }));
  const replacements = new Map<NodeProto, readonly NodeProto[]>();
  for (const node of nodes.products) {
    const rows = weightRowsOf(graph, node);
    const { numbers } = nearestWeights(rows);
    const weights = { numbers, scales: new Float32Array(rows.outputs).fill(1 / 64) };
    const units = new Float32Array(rows.outputs).fill(1 / 4096);
    const bias = node.opType === 'MatMul' ? undefined : { numbers: new Int32Array(rows.outputs), scales: units };
    replacements.set(node, [...setIntegerWeights(graph, node, weights, bias), node]);
  }
  graph.replace(replacements);
  graph.removeDead();
  return nodes.products;
}
