import type { Allocation } from '../gdws/allocation';
import { alphaOf, type Alpha } from '../gdws/alpha';
import { denseWeights, gdwsWeights } from '../gdws/cost';
import type { Convolutions, DenseReason, Layer } from '../gdws/layers';
import type { NetworkCost } from '../gdws/network-cost';
import { taps, type ConvolutionShape } from '../gdws/shape';
import type { Stages } from '../gdws/stages';
import { gdwsLatency, latencyCosts, networkLatency, type LatencyModel } from '../latency/latency-model';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { QuantizedWithinLoss } from '../quantize/quantize-within-loss';
import { isBudget, isTime, type Goal } from './options';
import type { AllocationSummary, Change, CompressionSummary, LayerSummary } from './summary';

export interface SummaryOptions {
  readonly alpha: Alpha;
  /** None where the network is only quantized. */
  readonly goal?: Goal;
  readonly quantized?: QuantizedWithinLoss;
  readonly bytes: Change;
  readonly refitted?: ReadonlyMap<Layer, Stages>;
  readonly latency?: LatencyModel;
  readonly allocation?: Allocation;
}

/** The numbers of a compression. */
export function summarize(
  { nodes, layers, keptDense }: Convolutions,
  replaced: ReadonlyMap<Layer, Stages>,
  network: NetworkCost,
  options: SummaryOptions,
): CompressionSummary {
  const summaries = new Map<NodeProto, LayerSummary>();
  for (const one of keptDense) {
    summaries.set(one.node, {
      name: nameOf(one.node),
      ...dense(one.reason),
      ...formatOf([one.node], options),
      ...sizes(one.shape, one.pixels),
    });
  }
  for (const layer of layers) {
    const done = replaced.get(layer);
    const alpha = alphaOf(layer, options.alpha);
    summaries.set(layer.nodes[0]!, {
      name: layer.name,
      ...(done
        ? { ...gdws(layer, done, alpha), calibrated: options.refitted?.has(layer) }
        : dense(reasonToKeepDense(layer, options))),
      ...sizes(layer.shape, layer.pixels, layer.weightsStay, done),
      ...formatOf(layer.nodes, options),
      time: options.latency && timeOf(layer, options, done),
    });
  }

  const saved = (cost: 'macs' | 'params') =>
    [...summaries.values()].reduce((sum, one) => sum + (one[cost] ? one[cost].before - one[cost].after : 0), 0);
  return {
    layers: nodes.flatMap((node) => summaries.get(node) ?? []),
    macs: network.macs === undefined ? undefined : { before: network.macs, after: network.macs - saved('macs') },
    params: { before: network.params, after: network.params - saved('params') },
    time: options.latency && {
      before: options.latency.inFloats?.dense ?? options.latency.dense,
      after: networkLatency(
        options.latency,
        new Map([...replaced].map(([{ name }, done]) => [name, kernelsOf(done)])),
        options.quantized?.floatProducts,
      ),
    },
    allocation: options.allocation && gapOf(options.allocation),
    bytes: options.bytes,
    quantization: options.quantized && {
      products: options.quantized.products,
      inFloats: options.quantized.inFloats,
      loss: options.quantized.loss,
    },
  };
}

function gapOf({ loss, bound, isOptimal }: Allocation): AllocationSummary {
  return { loss, bound, gap: loss > 0 ? (loss - bound) / loss : 0, isOptimal };
}

function reasonToKeepDense({ name, shape }: Layer, { goal, latency }: SummaryOptions): DenseReason {
  if (!goal) return 'only quantized';
  if (isTime(goal.kind)) {
    const [, least] = latencyCosts(latency!.layers[name], shape.groups, 1).costs;
    return least! < Infinity ? 'dense fits the budget' : 'not faster as GDWS';
  }
  const cheaper = gdwsWeights(shape, shape.groups) < denseWeights(shape);
  return isBudget(goal) && cheaper ? 'dense fits the budget' : 'not cheaper as GDWS';
}

/** The format of a layer's numbers, where the network is quantized. */
function formatOf(nodes: readonly NodeProto[], { quantized }: SummaryOptions): Pick<LayerSummary, 'format'> {
  if (!quantized) return {};
  return { format: nodes.some((node) => quantized.floatProducts.has(nameOf(node))) ? 'float32' : 'int8' };
}

function timeOf(
  { name, nodes }: Layer,
  { latency, quantized }: SummaryOptions,
  done: Stages | undefined,
): Change | undefined {
  const { layers, inFloats } = latency!;
  const layer = layers[name];
  if (!layer) return undefined;
  const isFloat = nodes.some((node) => quantized?.floatProducts.has(nameOf(node)));
  const now = (isFloat ? inFloats?.layers[name] : undefined) ?? layer;
  return { before: layer.dense, after: done ? gdwsLatency(now, kernelsOf(done)) : now.dense };
}

/** G = Σ g_c */
function kernelsOf({ counts }: Stages): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function dense(reason: DenseReason) {
  return { status: 'dense', reason, error: 0, relativeError: 0 } as const;
}

function gdws({ shape, weights }: Layer, done: Stages, alpha: Float64Array | undefined) {
  const weighted = (ofChannels: Float64Array) => ofChannels.reduce((sum, one, c) => sum + (alpha?.[c] ?? 1) * one, 0);
  const error = weighted(done.errors);
  const energy = weighted(channelEnergies(weights, shape));
  return {
    status: 'gdws',
    g: [...done.counts],
    kernels: kernelsOf(done),
    error,
    relativeError: energy > 0 ? error / energy : 0,
  } as const;
}

/** ‖W_c‖² of every input channel. */
function channelEnergies(weights: Float32Array, shape: ConvolutionShape): Float64Array {
  const result = new Float64Array(shape.inputChannels);
  const perGroup = shape.inputChannels / shape.groups;
  const rows = shape.outputChannels / shape.groups;
  const kernel = taps(shape);
  for (let output = 0, i = 0; output < shape.outputChannels; ++output) {
    const firstChannel = Math.floor(output / rows) * perGroup;
    for (let channel = firstChannel; channel < firstChannel + perGroup; ++channel) {
      for (let tap = 0; tap < kernel; ++tap, ++i) result[channel]! += weights[i]! * weights[i]!;
    }
  }
  return result;
}

function sizes(shape: ConvolutionShape | undefined, pixels: number | undefined, weightsStay = false, done?: Stages) {
  if (!shape) return {};
  const before = denseWeights(shape);
  const kernels = done && kernelsOf(done);
  const after = kernels === undefined ? before : gdwsWeights(shape, kernels);
  return {
    outputChannels: shape.outputChannels,
    inputChannels: shape.inputChannels,
    groups: shape.groups,
    kernel: [...shape.kernel],
    macs: pixels === undefined ? undefined : { before: before * pixels, after: after * pixels },
    params: { before, after: done && weightsStay ? before + after : after },
  };
}
