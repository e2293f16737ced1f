import { GdwsError } from '../base/errors';
import { nearest } from '../base/nearest';
import type { Graph } from '../graph/graph';
import { nodesWithin } from '../graph/reads';
import { intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { isFloat, toFloat32 } from '../onnx/floats';
import { nameOf, placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type Constant, type DataType, type KnownValue } from '../onnx/value';
import { matches, type LayerSelection } from './layer-selection';
import { taps, type ConvolutionShape } from './shape';

/** Why a convolution stays dense. */
export type DenseReason =
  | 'first convolution'
  | 'excluded'
  | 'pointwise'
  | 'depthwise'
  | 'not cheaper as GDWS'
  | 'not faster as GDWS'
  | 'dense fits the budget'
  | 'only quantized'
  | 'weights are quantized'
  | 'weights are not constant'
  | 'weights are not floating-point'
  | 'within If, Loop or Scan';

/** A convolution that may be replaced; several nodes where they share their weights. */
export interface Layer {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly shape: ConvolutionShape;
  /** (M, C / groups, ...kernel) */
  readonly weights: Float32Array;
  /** Element type that the new weights must have. */
  readonly type: DataType;
  /** Whether the weights remain for another use when these nodes are replaced. */
  readonly weightsStay: boolean;
  /** Output pixels of all nodes, batch included; `undefined` where a shape is not known. */
  readonly pixels?: number;
}

/** A convolution that stays dense. */
export interface KeptDense {
  readonly node: NodeProto;
  readonly reason: DenseReason;
  /** `undefined` where the shape of its weights is not known. */
  readonly shape?: ConvolutionShape;
  readonly pixels?: number;
}

/** Every convolution of a network. */
export interface Convolutions {
  /** All nodes, in topological order; then those within subgraphs, which are left as they are. */
  readonly nodes: readonly NodeProto[];
  readonly layers: readonly Layer[];
  readonly keptDense: readonly KeptDense[];
}

/**
 * Sorts the convolutions of a network into those that may be replaced and those that stay.
 *
 * @throws {GdwsError} ARGUMENT_INVALID for a layer name that the network does not have; MODEL_INVALID for weights that do not
 *   fit the groups; MODEL_QUANTIZED
 */
export function findConvolutions(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  options: LayerSelection,
): Convolutions {
  const nodes = graph.nodes.filter(isConvolution);
  checkPatterns(graph, nodes, options);
  const keptDense: KeptDense[] = [];
  const sharing = new Map<string, { nodes: NodeProto[]; weights: Constant; shape: ConvolutionShape }>();
  nodes.forEach((node, index) => {
    const name = node.input[1]!;
    const weights = graph.isOverridable(name) ? undefined : (values.get(name)?.constant ?? graph.constant(name));
    const shape = shapeOf(node, weights?.dims ?? values.get(name)?.dims);
    const reason = reasonToKeepDense(node, index, weights, shape, options);
    if (reason || !weights || !shape) {
      const unknown = hasQuantizedWeights(node, graph) ? 'weights are quantized' : 'weights are not constant';
      keptDense.push({ node, reason: reason ?? unknown, shape, pixels: outputPixels(node, values) });
      return;
    }
    const key = `${shape.groups} ${name}`;
    const layer = sharing.get(key);
    if (layer) layer.nodes.push(node);
    else sharing.set(key, { nodes: [node], weights, shape });
  });

  const layers = [...sharing.values()].map(({ nodes, weights, shape }): Layer => {
    const name = nodes[0]!.input[1]!;
    return {
      name: nameOf(nodes[0]!),
      nodes,
      shape,
      weights: toFloat32(weights),
      type: weights.type,
      weightsStay: graph.isOutput(name) || graph.consumers(name).some((consumer) => !nodes.includes(consumer)),
      pixels: sum(nodes.map((node) => outputPixels(node, values))),
    };
  });
  if (layers.length === 0) refuseQuantized(graph, nodes, keptDense);
  const within = graph.nodes.flatMap(nodesWithin).filter(isConvolution);
  for (const node of within) keptDense.push({ node, reason: 'within If, Loop or Scan' });
  return { nodes: [...nodes, ...within], layers, keptDense };
}

/** Throws for a network whose convolutions are quantized, apart from those that are never replaced. */
function refuseQuantized(graph: Graph, nodes: readonly NodeProto[], keptDense: readonly KeptDense[]): void {
  const never: readonly DenseReason[] = ['pointwise', 'depthwise', 'weights are quantized'];
  if (!keptDense.every(({ reason }) => never.includes(reason))) return;
  const quantized =
    nodes.find((node) => hasQuantizedWeights(node, graph)) ??
    graph.nodes.find(({ opType }) => opType === 'QLinearConv' || opType === 'ConvInteger');
  if (!quantized) return;
  throw new GdwsError('MODEL_QUANTIZED', 'the weights of this convolution are quantized to integers already.', {
    file: graph.file,
    ...placeOf(quantized),
    remedy: 'Compress the model of floats that it was made from, and quantize the result.',
  });
}

function hasQuantizedWeights(node: NodeProto, graph: Graph): boolean {
  return graph.producer(node.input[1]!)?.opType === 'DequantizeLinear';
}

/**
 * The error for a network with no convolution that may be replaced, with the reason; `undefined` where there is one.
 *
 * @param isBudget whether a budget was asked for, which then cannot be met
 */
export function nothingToReplace({ layers, nodes, keptDense }: Convolutions, isBudget: boolean): GdwsError | undefined {
  if (layers.length > 0) return undefined;
  const counts = new Map<DenseReason, number>();
  for (const { reason } of keptDense) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${reason} (${count})`).join(', ');
  const why = nodes.length === 0 ? 'it has no convolution' : `its convolutions stay dense: ${reasons}`;
  const remedy = counts.has('excluded')
    ? 'Exclude fewer: include and exclude in the API, --include and --exclude on the command line.'
    : counts.has('first convolution')
      ? 'Take the first one, too: firstLayer in the API, --first-layer on the command line.'
      : 'GDWS replaces convolutions of kernels larger than 1×1 that mix channels.';
  return new GdwsError(
    isBudget ? 'BUDGET_OUT_OF_RANGE' : 'ARGUMENT_INVALID',
    `the model has no convolution that may be replaced: ${why}.`,
    { remedy },
  );
}

export function isConvolution({ opType, domain }: NodeProto): boolean {
  return opType === 'Conv' && isStandardDomain(domain);
}

/** Refuses patterns that match no convolution. */
function checkPatterns(
  graph: Graph,
  convolutions: readonly NodeProto[],
  { include = [], exclude = [] }: LayerSelection,
): void {
  for (const [option, patterns] of Object.entries({ include, exclude })) {
    for (const pattern of patterns) {
      const isMatched = (node: NodeProto) => matches(nameOf(node), [pattern]);
      if (convolutions.some(isMatched)) continue;
      const shown = typeof pattern === 'string' ? `'${pattern}'` : String(pattern);
      const other = graph.nodes.find(isMatched);
      const why = other ? `: '${nameOf(other)}' is a ${other.opType}, which is never replaced` : '';
      throw new GdwsError('ARGUMENT_INVALID', `${option}: no convolution matches ${shown}${why}.`, {
        file: graph.file,
        remedy: suggestConvolutions(typeof pattern === 'string' ? pattern : pattern.source, convolutions.map(nameOf)),
      });
    }
  }
}

/** The remedy for a name or pattern of no convolution. */
export function suggestConvolutions(name: string, convolutions: readonly string[]): string {
  const likely = nearest(name.replaceAll('*', ''), convolutions, namesShown);
  if (likely.length > 0) return `Did you mean ${likely.join(' or ')}?`;
  const more = convolutions.length > namesShown ? `, ... (${convolutions.length} in all)` : '';
  return `They are called ${convolutions.slice(0, namesShown).join(', ')}${more}.`;
}

/** Limit of the names in a message. */
const namesShown = 3;

function shapeOf(node: NodeProto, dims: readonly number[] | undefined): ConvolutionShape | undefined {
  if (!dims || dims.length < 3) return undefined;
  const [outputChannels, channelsPerGroup, ...kernel] = dims as [number, number, ...number[]];
  const groups = intAttribute(node, 'group', 1);
  if (groups < 1 || outputChannels % groups !== 0 || dims.some((dim) => dim < 1)) {
    throw new GdwsError('MODEL_INVALID', `weights of this shape cannot have ${groups} groups.`, {
      node: nameOf(node),
      operator: node.opType,
      shape: dims,
    });
  }
  return { outputChannels, inputChannels: channelsPerGroup * groups, groups, kernel };
}

function reasonToKeepDense(
  node: NodeProto,
  index: number,
  weights: Constant | undefined,
  shape: ConvolutionShape | undefined,
  { include, exclude = [], firstLayer = false }: LayerSelection,
): DenseReason | undefined {
  const name = nameOf(node);
  if (shape && taps(shape) === 1) return 'pointwise';
  if (shape && shape.groups > 1 && shape.groups === shape.inputChannels) return 'depthwise';
  if (matches(name, exclude) || (include && !matches(name, include))) return 'excluded';
  // Unknown weights have a reason of their own.
  if (!weights) return undefined;
  if (!isFloat(weights.type)) return 'weights are not floating-point';
  if (index === 0 && !firstLayer) return 'first convolution';
  return undefined;
}

function outputPixels(node: NodeProto, values: ReadonlyMap<string, KnownValue>): number | undefined {
  const dims = values.get(node.output[0]!)?.dims;
  return dims && dims[0]! * elementCount(dims.slice(2));
}

function sum(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce(
    (total, number) => (total === undefined || number === undefined ? undefined : total + number),
    0,
  );
}
