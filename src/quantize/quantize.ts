import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import { nearest } from '../base/nearest';
import type { CalibrationImages } from '../calibrate/images';
import { LiveStore } from '../calibrate/live-store';
import { matches } from '../gdws/layer-selection';
import type { Graph } from '../graph/graph';
import { nameOf } from '../onnx/node-place';
import type { ModelProto, NodeProto } from '../onnx/onnx_pb';
import type { UniformQuantization } from '../program/byte-quantization';
import { ConstantPool } from '../program/constant-pool';
import { equalizeChannels } from './equalize-channels';
import { insertQuantization } from './insert-quantization';
import { setIntegerWeights } from './product-weights';
import { toOperatorForm } from './qoperator-form';
import { equalizedNetwork, findNodes, quantizableGraph } from './quantizable-graph';
import { type ChosenReason, type FloatChoice, type FloatReason, type QuantizedNodes } from './quantized-nodes';
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
  /** Nodes that stay in floats: names, or patterns, of the dense or the compressed network. */
  readonly exclude?: Patterns;
  /** Nodes that stay in floats for other reasons, by such names. */
  readonly keep?: ReadonlyMap<string, ChosenReason>;
  /** Default qdq. */
  readonly form?: QuantizedForm;
  readonly threads: number;
  readonly seed: number;
  /** Bytes of values between operations that are held in memory; others go to a temporary file. */
  readonly liveBytes: number;
  /** Bytes of the moments of a product; one that would take more is rounded to the nearest. */
  readonly momentBytes: number;
  readonly onProduct: (done: number, total: number) => void;
  readonly throwIfAborted: () => void;
}

/** A quantized network. */
export interface Quantized {
  readonly model: ModelProto;
  readonly products: readonly ProductSummary[];
  /** Nodes of the network that compute floats among these. */
  readonly inFloats: readonly FloatNodeSummary[];
  /** Those of them that stand for products of the dense network, by the names there. */
  readonly floatProducts: ReadonlySet<string>;
}

/** A node that stays in floats. */
export interface FloatNodeSummary {
  /** Its name. */
  readonly node: string;
  /** Its operator, as `Softmax`. */
  readonly operator: string;
  /** Why it stays. */
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
  const [reference, simulated, result] = [dense, compressed, compressed].map((model) =>
    quantizableGraph(model, images),
  ) as [Graph, Graph, Graph];
  checkPatterns(options.exclude, dense, simulated);
  const denseNameOf = denseNames(reference, simulated);
  const choice: FloatChoice = (name) => {
    const names = [name, denseNameOf(name) ?? name];
    if (names.some((one) => matches(one, options.exclude ?? []))) return 'excluded';
    return names.map((one) => options.keep?.get(one)).find((reason) => reason !== undefined);
  };
  const nodes = findNodes(simulated, images, choice);
  const summary = {
    inFloats: nodes.inFloats.map(({ node, reason }) => ({ node: nameOf(node), operator: node.opType, reason })),
    floatProducts: new Set(nodes.inFloats.flatMap(({ node }) => denseNameOf(nameOf(node)) ?? [])),
  };
  if (nodes.products.length === 0) {
    if (nodes.inFloats.some(({ reason }) => isJudged(reason))) return { model: compressed, products: [], ...summary };
    throw new GdwsError('ARGUMENT_INVALID', 'the model has no layer that may be quantized.', {
      remedy: 'Convolutions, Gemm and MatMul of float32 with constant weights are.',
    });
  }
  const store = new LiveStore(options.liveBytes);
  try {
    if (options.equalizes ?? true) {
      const networks = [simulated, reference, result].map((graph) => equalizedNetwork(graph, images, choice));
      await equalizeChannels(networks[0]!, networks.slice(1), images, { ...options, store });
    }
    const engine = { session: native().createSession(options.threads), store, pool: new ConstantPool() };
    const pass = new QuantizationPass({ reference, simulated, nodes, images, engine }, options);
    const { quantizations, weights, summaries } = await pass.run();
    write(result, findNodes(result, images, choice), quantizations, weights);
    if (options.form === 'qoperator') toOperatorForm(result);
    return {
      model: result.model,
      products: summaries,
      ...summary,
    };
  } finally {
    await store.close();
  }
}

/** Whether a node has an integer form, and is in floats by what was measured. */
function isJudged(reason: FloatReason): boolean {
  return reason === 'rounding loses too much' || reason === 'the budget allows it';
}

type Patterns = readonly (string | RegExp)[];

/** @throws {GdwsError} ARGUMENT_INVALID for a pattern that matches no node */
function checkPatterns(exclude: Patterns = [], dense: ModelProto, simulated: Graph): void {
  const names = new Set([...dense.graph!.node, ...simulated.nodes].map(nameOf));
  const unmatched = exclude.find((pattern) => ![...names].some((name) => matches(name, [pattern])));
  if (unmatched === undefined) return;
  const shown = typeof unmatched === 'string' ? `'${unmatched}'` : String(unmatched);
  const likely = nearest(typeof unmatched === 'string' ? unmatched : unmatched.source, [...names], 3);
  throw new GdwsError('ARGUMENT_INVALID', `int8Exclude: no node matches ${shown}.`, {
    remedy: likely.length > 0 ? `Did you mean ${likely.join(' or ')}?` : "'gdws inspect' lists the layers of a model.",
  });
}

/** The name that a node of the compressed network has in the dense one: that of the convolution, for its stages. */
function denseNames(reference: Graph, compressed: Graph): (name: string) => string | undefined {
  const denseNodeOf = (node: NodeProto): NodeProto | undefined => {
    const own = reference.producer(node.output[0]!);
    if (own) return own;
    const [reader] = compressed.consumers(node.output[0]!);
    return reader && denseNodeOf(reader);
  };
  const names = new Map(
    compressed.nodes.flatMap((node) => {
      const own = denseNodeOf(node);
      return own ? [[nameOf(node), nameOf(own)] as const] : [];
    }),
  );
  return (name) => names.get(name);
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
