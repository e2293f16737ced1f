import { clone } from '@bufbuild/protobuf';
import { GdwsError } from '../errors';
import { Graph } from '../graph/graph';
import { inferValues } from '../graph/infer';
import { typesOfInputs } from '../graph/input-types';
import { foldBatchNormalization } from '../graph/passes/fold-batch-normalization';
import type { KnownValue } from '../graph/value';
import { native } from '../native';
import { ModelProtoSchema, type ModelProto } from '../onnx/onnx_pb';
import { readModel } from '../onnx/read';
import { encodeModel, writeModel } from '../onnx/write';
import { alphaOf, readAlpha, type Alpha } from './alpha';
import { balanceOutputs } from './balance';
import { findConvolutions, type Layer } from './layers';
import { networkCost, type NetworkCost } from './network-cost';
import { goalOf, isBudget, type CompressOptions, type Goal } from './options';
import { plan } from './plan';
import { rankComponents, type Ranking } from './ranking';
import { rewrite } from './rewrite';
import { chosenKernels, nearestStages, type Stages } from './stages';
import { decomposeWhitened } from './whitened-spectrum';
import { lossesAlong, type MeasuredLoss } from '../calibrate/attacked-losses';
import { calibrate, type Calibrated } from '../calibrate/calibrate';
import { denseWeights, gdwsWeights } from './cost';
import { decompose, energies, type Spectrum } from './spectrum';
import { summarize } from './summarize';
import type { CompressionSummary } from './summary';

/** A compressed network. */
export interface Compression {
  readonly model: ModelProto;
  readonly summary: CompressionSummary;
  /** The model as the bytes of an ONNX file. */
  bytes(): Uint8Array;
  /** Writes the model to a file: all of it or nothing. @throws {GdwsError} OUTPUT_UNWRITABLE */
  write(path: string): Promise<void>;
}

/**
 * Replaces the K×K convolutions of a trained network by generalized depthwise-separable ones (Dbouk and Shanbhag, NeurIPS
 * 2021), without training. What stays dense, and why, is in the summary. Operators that gdws cannot run are kept as they
 * are. Decompositions run off the JavaScript thread.
 *
 * @param source path or bytes of an ONNX model, or the model itself, which is not modified
 * @throws {GdwsError} ARGUMENT_INVALID for options that make no sense, BUDGET_OUT_OF_RANGE for a budget that cannot be met,
 *   SHAPE_UNKNOWN for `macs` where shapes are missing, MODEL_* for a bad model, ABORTED
 */
export async function compress(
  source: string | Uint8Array | ModelProto,
  options: CompressOptions = {},
): Promise<Compression> {
  const goal = goalOf(options);
  const own = typeof source === 'string' || source instanceof Uint8Array;
  const model = own ? await readModel(source) : clone(ModelProtoSchema, source);
  const file = typeof source === 'string' ? source : undefined;
  const before = encodeModel(model).length;
  const graph = new Graph(model, file);
  // A node that nothing needs is no layer.
  graph.removeDead();
  if (options.foldBatchNorm) foldBatchNormalization(graph);

  const { values, network } = countedNetwork(graph, options, goal);
  const convolutions = findConvolutions(graph, values, options);
  const alpha = readAlpha(options.alpha, convolutions);
  const calibration =
    options.calibration && (await calibrate(graph, convolutions.layers, options.calibration, options));
  const decomposed = await decomposeLayers(convolutions.layers, goal, alpha, calibration, options, file);
  const compressed = (stages: ReadonlyMap<Layer, Stages>) => compressedBytes(model, file, stages);
  if (calibration) await measureLosses(decomposed, calibration, compressed);
  const { chosen, allocation } = plan(decomposed, goal, network);

  const replaced = new Map<Layer, Stages>();
  for (const [i, { layer, spectrum, ranking }] of decomposed.entries()) {
    const steps = chosen[i]!;
    if (steps === 'dense') continue;
    throwIfAborted(options.signal);
    replaced.set(layer, await nearestStages(layer, spectrum, ranking, steps, threadsOf(options)));
  }
  const refitted = await calibration?.refit(replaced, compressed);
  refitted?.forEach((stages, layer) => replaced.set(layer, stages));
  for (const [layer, stages] of replaced) rewrite(graph, layer, stages);
  graph.removeDead();

  const bytes = encodeModel(model);
  const summary = summarize(convolutions, replaced, network, {
    alpha,
    budget: isBudget(goal),
    allocation,
    refitted,
    bytes: { before, after: bytes.length },
  });
  return { model, summary, bytes: () => bytes, write: (path) => writeModel(model, path) };
}

/** The model with these layers replaced, which itself stays as it is. */
function compressedBytes(model: ModelProto, file: string | undefined, stages: ReadonlyMap<Layer, Stages>): Uint8Array {
  const graph = new Graph(clone(ModelProtoSchema, model), file);
  const nodes = new Map(graph.nodes.map((node) => [node.output[0]!, node]));
  for (const [layer, own] of stages) {
    rewrite(graph, { ...layer, nodes: layer.nodes.map(({ output }) => nodes.get(output[0]!)!) }, own);
  }
  graph.removeDead();
  return encodeModel(graph.model);
}

interface DecomposedLayer {
  readonly layer: Layer;
  readonly spectrum: Spectrum;
  readonly ranking: Ranking;
  /** How much the network's loss grows after each number of steps, if that was measured. */
  losses?: Float64Array;
}

async function decomposeLayers(
  layers: readonly Layer[],
  goal: Goal,
  alpha: Alpha,
  calibration: Calibrated | undefined,
  options: CompressOptions,
  file: string | undefined,
): Promise<DecomposedLayer[]> {
  const decomposed: DecomposedLayer[] = [];
  for (const layer of layers) {
    throwIfAborted(options.signal);
    const place = { file, node: layer.name, operator: 'Conv' };
    const moments = calibration?.moments.get(layer);
    let spectrum: Spectrum;
    if (moments)
      spectrum = await decomposeWhitened(
        layer.weights,
        layer.shape,
        threadsOf(options),
        moments.patches,
        moments.fisher,
        place,
      );
    else {
      const weights = isBudget(goal) ? balanceOutputs(layer.weights, layer.shape) : layer.weights;
      spectrum = await decompose(weights, layer.shape, threadsOf(options), place);
    }
    const ranking = rankComponents(layer.shape, energies(spectrum, alphaOf(layer, alpha)));
    decomposed.push({ layer, spectrum, ranking, losses: moments && ranking.errors });
    options.onProgress?.(decomposed.length, layers.length, layer.name);
  }
  throwIfAborted(options.signal);
  return decomposed;
}

/** Shares of a layer's own cost at which its loss under attack is measured. */
const measuredShares = [0.5, 0.25];

/** Where there is an attack, losses become those that it finds. */
async function measureLosses(
  decomposed: readonly DecomposedLayer[],
  { attackedLosses }: Calibrated,
  compressed: (stages: ReadonlyMap<Layer, Stages>) => Uint8Array,
): Promise<void> {
  if (!attackedLosses) return;
  const measured = new Map<Layer, MeasuredLoss[]>();
  for (const share of measuredShares) {
    const steps = new Map<Layer, number>();
    const kernels = new Map<Layer, Pick<Stages, 'counts' | 'kernels'>>();
    for (const { layer, spectrum, ranking, losses } of decomposed) {
      if (!losses) continue;
      const { shape } = layer;
      const paid = Math.floor((share * denseWeights(shape)) / gdwsWeights(shape, shape.groups));
      steps.set(layer, Math.min(ranking.steps, Math.max(1, paid)));
      kernels.set(layer, chosenKernels(layer, spectrum, ranking, steps.get(layer)!));
    }
    for (const [layer, loss] of await attackedLosses(kernels, compressed)) {
      measured.set(layer, [...(measured.get(layer) ?? []), { steps: steps.get(layer)!, loss }]);
    }
  }
  for (const one of decomposed) {
    const own = measured.get(one.layer);
    if (own) one.losses = lossesAlong(one.ranking.errors, own);
  }
}

/** What is known of the network's values, and its cost. Only a budget of multiply-accumulates needs every shape. */
function countedNetwork(
  graph: Graph,
  { inputShapes }: CompressOptions,
  goal: Goal,
): { values: Map<string, KnownValue>; network: NetworkCost } {
  const values = inferValues(graph, typesOfInputs(graph, inputShapes), { lenient: true });
  const network = networkCost(graph, values);
  if (goal.kind === 'macs' && network.unknown) {
    const open = graph.inputs.find(({ name }) => !values.has(name));
    throw new GdwsError('SHAPE_UNKNOWN', 'its multiply-accumulates cannot be counted.', {
      file: graph.file,
      node: network.unknown.name || network.unknown.output[0],
      operator: network.unknown.opType,
      remedy: open
        ? `Give the shape of input '${open.name}' (inputShapes in the API, --shape on the command line), or a budget of params.`
        : 'Give a budget of params, or a model whose value_info declares the shapes.',
    });
  }
  return { values, network };
}

function threadsOf({ threads }: CompressOptions): number {
  return threads ?? native.concurrency;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GdwsError('ABORTED', 'the compression was aborted.', { cause: signal.reason });
}
