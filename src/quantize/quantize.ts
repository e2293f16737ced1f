import { native } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { simplify } from '../analysis/simplify';
import { typesOfInputs } from '../analysis/input-types';
import { upgradeOperatorSet } from '../analysis/upgrade-operator-set';
import { GdwsError } from '../base/errors';
import type { CalibrationImages } from '../calibrate/images';
import { LiveStore } from '../calibrate/live-store';
import { Graph } from '../graph/graph';
import { editableCopy } from '../onnx/copy';
import { nameOf } from '../onnx/node-place';
import type { ModelProto, NodeProto } from '../onnx/onnx_pb';
import type { UniformQuantization } from '../program/byte-quantization';
import { ConstantPool } from '../program/constant-pool';
import { insertQuantization } from './insert-quantization';
import { setIntegerWeights } from './product-weights';
import { toOperatorForm } from './qoperator-form';
import { findQuantizedNodes, type FloatReason, type QuantizedNodes } from './quantized-nodes';
import { QuantizationPass, type PassResult, type ProductSummary, type RoundingSteps } from './quantization-pass';

/**
 * How integers are written: as operators of floats between DequantizeLinear and QuantizeLinear (QDQ), or as operators on bytes
 * (QOperator) where there are such.
 */
export const quantizedForms = ['qdq', 'qoperator'] as const;

/** One of {@link quantizedForms}. */
export type QuantizedForm = (typeof quantizedForms)[number];

/** How a network is quantized. */
export interface QuantizeOptions extends Partial<RoundingSteps> {
  /** Nodes that stay in floats, by name. */
  readonly exclude?: readonly (string | RegExp)[];
  /** Default qdq. */
  readonly form?: QuantizedForm;
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  readonly threads: number;
  readonly seed: number;
  /** Bytes of values between operations that are held in memory; others go to a temporary file. */
  readonly liveBytes: number;
  onProduct(done: number, total: number): void;
  throwIfAborted(): void;
}

/** A quantized network. */
export interface Quantized {
  readonly model: ModelProto;
  readonly products: readonly ProductSummary[];
  /** Nodes of the network that compute floats among these. */
  readonly inFloats: readonly FloatNodeSummary[];
}

/** A node that stays in floats. */
export interface FloatNodeSummary {
  readonly node: string;
  readonly operator: string;
  readonly reason: FloatReason;
}

/**
 * Quantizes a network to 8 bits: activations uint8 by tensor, weights int8 by output channel, biases int32. In the
 * network's order, each scale is chosen by what the quantized network so far gives for the images; each product is regressed on what
 * it then reads, to give what the dense network gives there, and rounded. Batch normalisations after products are folded into them.
 *
 * @param dense the network in floats that the results should be those of
 * @param compressed the same network, whose convolutions may be GDWS ones: this is quantized
 * @throws {GdwsError} ARGUMENT_INVALID where no layer can be quantized; OPERATOR_UNSUPPORTED for a model of an operator set before 13
 *   that cannot be upgraded; what the engine throws for a network that it cannot run; ABORTED
 */
export async function quantize(
  dense: ModelProto,
  compressed: ModelProto,
  images: CalibrationImages,
  options: QuantizeOptions,
): Promise<Quantized> {
  const [reference, simulated, result] = [dense, compressed, compressed].map((model) => prepared(model, options)) as [
    Graph,
    Graph,
    Graph,
  ];
  const nodes = findNodes(simulated, options);
  if (nodes.products.length === 0) {
    throw new GdwsError('ARGUMENT_INVALID', 'the model has no layer that may be quantized.', {
      remedy: 'Convolutions, Gemm and MatMul of float32 with constant weights are.',
    });
  }
  const store = new LiveStore(options.liveBytes);
  try {
    const engine = { session: native().createSession(options.threads), store, pool: new ConstantPool() };
    const pass = new QuantizationPass({ reference, simulated, nodes, images, engine }, options);
    const { quantizations, weights, summaries } = await pass.run();
    write(result, findNodes(result, options), quantizations, weights);
    if (options.form === 'qoperator') toOperatorForm(result);
    return {
      model: result.model,
      products: summaries,
      inFloats: nodes.inFloats.map(({ node, reason }) => ({ node: nameOf(node), operator: node.opType, reason })),
    };
  } finally {
    await store.close();
  }
}

/** A copy to edit, simplified, of an operator set with scales by channel, whose nodes have names of their own. */
function prepared(model: ModelProto, { inputShapes }: QuantizeOptions): Graph {
  const graph = new Graph(editableCopy(model));
  graph.removeDead();
  upgradeOperatorSet(graph, inferValues(graph, typesOfInputs(graph, inputShapes), { lenient: true }));
  simplify(graph);
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    if (seen.has(nameOf(node)) || node.name === '') node.name = graph.uniqueName(`${node.output[0]!}/node`);
    seen.add(nameOf(node));
  }
  return graph;
}

function findNodes(graph: Graph, { inputShapes, exclude }: QuantizeOptions): QuantizedNodes {
  const values = inferValues(graph, typesOfInputs(graph, inputShapes), { lenient: true });
  return findQuantizedNodes(graph, values, exclude);
}

/** Writes what a pass has chosen. */
function write(
  graph: Graph,
  nodes: QuantizedNodes,
  quantizations: ReadonlyMap<string, UniformQuantization>,
  weights: PassResult['weights'],
): void {
  insertQuantization(graph, nodes, (tensor) => quantizations.get(tensor)!);
  const replacements = new Map<NodeProto, readonly NodeProto[]>();
  for (const node of nodes.products) {
    const own = weights.get(nameOf(node))!;
    replacements.set(node, [...setIntegerWeights(graph, node, own.weights, own.bias), node]);
  }
  graph.replace(replacements);
  graph.removeDead();
}
