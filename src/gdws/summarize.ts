import type { NodeProto } from '../onnx/onnx_pb';
import type { Allocation } from './allocation';
import { alphaOf, type Alpha } from './alpha';
import { denseWeights, gdwsWeights } from './cost';
import { nameOf, type Convolutions, type DenseReason, type Layer } from './layers';
import type { NetworkCost } from './network-cost';
import { taps, type ConvolutionShape } from './shape';
import type { Stages } from './stages';
import type { AllocationSummary, Change, CompressionSummary, LayerSummary } from './summary';

/** Puts into numbers what was replaced by what. `budget`: whether the goal was one for the whole network. */
export function summarize(
  { nodes, layers, leftAlone }: Convolutions,
  replaced: ReadonlyMap<Layer, Stages>,
  network: NetworkCost,
  options: {
    alpha: Alpha;
    budget: boolean;
    allocation?: Allocation;
    bytes: Change;
    refitted?: ReadonlyMap<Layer, Stages>;
  },
): CompressionSummary {
  const summaries = new Map<NodeProto, LayerSummary>();
  for (const one of leftAlone) {
    summaries.set(one.node, { name: nameOf(one.node), ...dense(one.reason), ...sizes(one.shape, one.pixels) });
  }
  for (const layer of layers) {
    const done = replaced.get(layer);
    const alpha = alphaOf(layer, options.alpha);
    const cheaper = gdwsWeights(layer.shape, layer.shape.groups) < denseWeights(layer.shape);
    summaries.set(layer.nodes[0]!, {
      name: layer.name,
      ...(done
        ? { ...gdws(layer, done, alpha), calibrated: options.refitted?.has(layer) }
        : dense(options.budget && cheaper ? 'dense fits the budget' : 'not cheaper as GDWS')),
      ...sizes(layer.shape, layer.pixels, layer.weightsStay, done),
    });
  }

  const saved = (cost: 'macs' | 'params') =>
    [...summaries.values()].reduce((sum, one) => sum + (one[cost] ? one[cost].before - one[cost].after : 0), 0);
  return {
    layers: nodes.flatMap((node) => summaries.get(node) ?? []),
    macs: network.macs === undefined ? undefined : { before: network.macs, after: network.macs - saved('macs') },
    params: { before: network.params, after: network.params - saved('params') },
    allocation: options.allocation && gapOf(options.allocation),
    bytes: options.bytes,
  };
}

function gapOf({ loss, bound, isOptimal }: Allocation): AllocationSummary {
  return { loss, bound, gap: loss > 0 ? (loss - bound) / loss : 0, isOptimal };
}

function dense(reason: DenseReason) {
  return { status: 'dense', reason, error: 0, relativeError: 0 } as const;
}

function gdws({ shape, weights }: Layer, { counts, errors }: Stages, alpha: Float64Array | undefined) {
  const weighted = (ofChannels: Float64Array) => ofChannels.reduce((sum, one, c) => sum + (alpha?.[c] ?? 1) * one, 0);
  const error = weighted(errors);
  const energy = weighted(channelEnergies(weights, shape));
  return {
    status: 'gdws',
    g: [...counts],
    kernels: counts.reduce((sum, count) => sum + count, 0),
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
  const kernels = done?.counts.reduce((sum, count) => sum + count, 0);
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
