import { clone, isMessage } from '@bufbuild/protobuf';
import { foldBatchNormalization } from '../analysis/fold-batch-normalization';
import { guessedInputs } from '../analysis/guessed-dims';
import { inferValues } from '../analysis/infer';
import { typesOfInputs } from '../analysis/input-types';
import { GdwsError, located } from '../base/errors';
import { limitsOf } from '../base/limits';
import { checkOptions } from '../base/options';
import type { CalibrationImages } from '../calibrate/images';
import { calibrate, defaultMemory, type Calibrated } from '../calibrate/calibrate';
import { CalibrationSet } from '../calibrate/calibration-set';
import type { ImageSet } from '../data/image-set';
import { withPreset } from '../data/preprocessing';
import { metadataWith } from '../data/preprocessing-block';
import { preferHugePages } from '../engine/read-model';
import { layersWithout, readAlpha, type Alpha } from '../gdws/alpha';
import { findConvolutions, nothingToReplace, type Convolutions, type Layer } from '../gdws/layers';
import { networkCost, type NetworkCost } from '../gdws/network-cost';
import { rewrite } from '../gdws/rewrite';
import { nearestStages, type Stages } from '../gdws/stages';
import { distinguishNodes } from '../graph/distinct-names';
import { Graph } from '../graph/graph';
import type { LatencyModel } from '../latency/latency-model';
import { timeLayers } from '../latency/time-layers';
import { placeOf } from '../onnx/node-place';
import { ModelProtoSchema, type ModelProto } from '../onnx/onnx_pb';
import { readModelAndFiles } from '../onnx/read';
import type { KnownValue } from '../onnx/value';
import { encodeModel, writeModel } from '../onnx/write';
import { betaWithin } from './beta-within';
import type { Compression } from './compression';
import { decomposeLayers, measureLosses, type DecomposedLayer } from './decomposed-layers';
import {
  checkGoal,
  isBudget,
  isTime,
  prepareOptions,
  threadsOf,
  throwIfAborted,
  writeOptions,
  type Goal,
  type PrepareOptions,
} from './options';
import { mixedPlan, type MixedPlan } from './mixed-plan';
import { plan, timeOf, tooFast, type Plan } from './plan';
import { summarize, type SummaryOptions } from './summarize';
import { checkOperatorSet } from '../quantize/quantizable-graph';
import { excluding } from '../quantize/quantized-nodes';
import { firstOf, imagesOfParts, quantizeWithinLoss, type QuantizedWithinLoss } from '../quantize/quantize-within-loss';
import { roundingLosses, type RoundedPart } from '../quantize/rounding-losses';
import type { NumberFormat } from './summary';

/**
 * Reads a network, to compress it to several goals. Calibration, where there are images for it, runs once for all goals.
 *
 * @throws {GdwsError} ARGUMENT_INVALID for options that make no sense, MODEL_* for a bad model
 */
export async function prepareCompression(
  source: string | Uint8Array | ModelProto,
  options: PrepareOptions = {},
): Promise<PreparedCompression> {
  checkOptions(options, prepareOptions);
  const own = typeof source === 'string' || source instanceof Uint8Array;
  if (!own && !isMessage(source, ModelProtoSchema)) {
    throw new GdwsError('ARGUMENT_INVALID', 'a model is given as a path, a Uint8Array or a ModelProto.');
  }
  const limits = limitsOf(options);
  const { model, files } = own
    ? await readModelAndFiles(source, limits, preferHugePages)
    : { model: clone(ModelProtoSchema, source), files: [] };
  const file = typeof source === 'string' ? source : undefined;
  const bytes = encodeModel(model).length;
  if (options.preprocessing) model.metadataProps = metadataWith(model, withPreset(options.preprocessing));
  const graph = new Graph(model, file, limits);
  // A node whose results are not needed is no layer.
  graph.removeDead();
  distinguishNodes(graph);
  if (options.foldBatchNorm) foldBatchNormalization(graph);
  const values = inferValues(graph, typesOfInputs(graph, options.inputShapes), { lenient: true });
  const convolutions = findConvolutions(graph, values, options);
  const alpha = readAlpha(options.alpha, convolutions);
  return new PreparedCompression({ graph, values, convolutions, alpha, source: { bytes, files } }, options);
}

/** A network as it was read. */
interface ReadNetwork {
  readonly graph: Graph;
  readonly values: ReadonlyMap<string, KnownValue>;
  readonly convolutions: Convolutions;
  readonly alpha: Alpha;
  /** Size of the dense model, and the files that it was read from. */
  readonly source: { readonly bytes: number; readonly files: readonly string[] };
}

/** A network that can be compressed to one goal after the other. */
export class PreparedCompression {
  private readonly graph: Graph;
  private readonly values: ReadonlyMap<string, KnownValue>;
  private readonly convolutions: Convolutions;
  private readonly alpha: Alpha;
  private readonly source: ReadNetwork['source'];
  private readonly network: NetworkCost;
  private readonly calibrationSet: CalibrationSet | undefined;
  private calibrated: Promise<Calibrated> | undefined;
  /** By format. */
  private readonly timed = new Map<NumberFormat, Promise<LatencyModel>>();
  private rounded: Promise<readonly RoundedPart[] | undefined> | undefined;
  /** By whether weights are balanced. */
  private readonly decompositions = new Map<boolean, Promise<readonly DecomposedLayer[]>>();

  /** @internal Use {@link prepareCompression}. */
  constructor(
    { graph, values, convolutions, alpha, source }: ReadNetwork,
    private readonly options: PrepareOptions,
  ) {
    this.graph = graph;
    this.values = values;
    this.convolutions = convolutions;
    this.alpha = alpha;
    this.source = source;
    this.network = networkCost(graph, values);
    this.calibrationSet = calibrationSetOf(graph, options);
  }

  /**
   * The network compressed to a goal.
   *
   * @param goal none for a network that is only quantized
   * @param format of the numbers of the result, by default as the option `int8` says
   * @throws {GdwsError} BUDGET_OUT_OF_RANGE for a budget that cannot be met; SHAPE_UNKNOWN for `macs` where shapes are
   *   missing; ABORTED
   */
  async compress(goal?: Goal, format = formatOf(this.options)): Promise<Compression> {
    try {
      checkInt8(this.graph, this.values, this.options, format);
      if (goal) return await this.compressTo(goal, format);
      if (format === 'int8') {
        const latency = await this.knownLatency(format);
        return await this.finish({ replaced: new Map(), latency, format });
      }
      throw new GdwsError('ARGUMENT_INVALID', 'no goal given.', { remedy: 'Only with int8 there may be none.' });
    } catch (error) {
      throw located(error, { file: this.graph.file });
    }
  }

  private async compressTo(goal: Goal, format: NumberFormat): Promise<Compression> {
    const { network, options } = this;
    checkGoal(goal);
    // Formats alone may save time.
    if (isBudget(goal) && !(isTime(goal.kind) && format === 'int8')) this.checkReplaceable();
    if (goal.kind === 'macs') this.checkCounted();
    // First, before other work starts. Where times are known, the summaries of other goals have them too.
    const latency = isTime(goal.kind) ? await this.latency(format) : await this.knownLatency(format);
    const calibration = await this.calibration();
    const decomposed = await this.decomposed(isBudget(goal));
    const rounding = isTime(goal.kind) && format === 'int8' && latency?.inFloats && (await this.rounding());
    const found: Plan & Partial<MixedPlan> = rounding
      ? plannedFormats(decomposed, rounding, goal, latency)
      : plan(decomposed, goal, { ...network, latency });
    const { chosen, allocation, inFloats } = found;

    const replaced = new Map<Layer, Stages>();
    for (const [i, { layer, spectrum, ranking }] of decomposed.entries()) {
      const steps = chosen[i]!;
      if (steps === 'dense') continue;
      throwIfAborted(options.signal);
      replaced.set(layer, await nearestStages(layer, spectrum, ranking, steps, threadsOf(options)));
    }
    const refitted = await calibration?.refit(replaced, this.rewritten);
    refitted?.forEach((stages, layer) => replaced.set(layer, stages));

    return this.finish({ replaced, goal, latency, allocation, refitted, format, inFloats });
  }

  /** Rewrites the model, quantizes it if that is asked for, and sums up. */
  private async finish({ replaced, format, inFloats, ...rest }: Replacement): Promise<Compression> {
    const separable = this.rewritten(replaced);
    const { int8MaxLoss = defaultMaxLoss } = this.options;
    // A goal of time is met with the formats that were planned.
    const maxLoss = rest.goal && isTime(rest.goal.kind) ? 1 : int8MaxLoss;
    const quantized = format === 'int8' ? await this.quantized(separable, maxLoss, inFloats) : undefined;
    const model = quantized?.model ?? separable;
    const bytes = encodeModel(model);
    const summary = summarize(this.convolutions, replaced, this.network, {
      ...rest,
      alpha: this.alpha,
      quantized,
      bytes: { before: this.source.bytes, after: bytes.length },
    });
    return {
      model,
      summary,
      bytes: () => bytes,
      write: async (path, options = {}) => {
        checkOptions(options, writeOptions);
        await writeModel(model, path, undefined, options.overwriteSource ? [] : this.source.files);
      },
    };
  }

  /**
   * The layers that may be replaced, with the singular values that budgets rank their components by.
   *
   * @internal
   * @throws {GdwsError} MODEL_INVALID for weights that cannot be decomposed; ABORTED
   */
  layers(): Promise<readonly DecomposedLayer[]> {
    return this.decomposed(true);
  }

  /** Names of the layers that may be replaced and have no α in `alpha`: theirs is 1. */
  unweighted(): string[] {
    return layersWithout(this.alpha, this.convolutions);
  }

  /** Cost of the dense network. */
  dense(): {
    /** Multiply-accumulates of one run; `undefined` where shapes are not known. */
    readonly macs?: number;
    /** Weights of its Conv, ConvTranspose, Gemm and MatMul, without biases. */
    readonly params: number;
  } {
    const { macs, params } = this.network;
    return { macs, params };
  }

  /**
   * The smallest β of the paper's algorithm 3, one for all layers, with which at most a share of the multiply-accumulates
   * remains.
   *
   * @throws {GdwsError} BUDGET_OUT_OF_RANGE where the share is too small for every β; SHAPE_UNKNOWN, ABORTED
   */
  async betaWithin(share: number): Promise<number> {
    this.checkCounted();
    return betaWithin(await this.decomposed(false), this.network.macs!, share);
  }

  /**
   * Checks that there is a convolution that may be replaced.
   *
   * @throws {GdwsError} BUDGET_OUT_OF_RANGE where there is none, with the reason: no budget can be met
   */
  checkReplaceable(): void {
    const refusal = nothingToReplace(this.convolutions, true);
    if (refusal) throw refusal.within({ file: this.graph.file });
  }

  /**
   * The times of the layers that may be replaced on this machine.
   *
   * @param format of the numbers, by default as the option `int8` says
   * @throws {GdwsError} ARGUMENT_INVALID, SHAPE_UNKNOWN, SHAPE_MISMATCH; OPERATOR_UNSUPPORTED where the engine cannot run
   *   the network; ABORTED
   */
  latency(format = formatOf(this.options)): Promise<LatencyModel> {
    const { graph, convolutions, options, timed } = this;
    if (options.latencyModel && format === formatOf(options)) return Promise.resolve(options.latencyModel);
    let found = timed.get(format);
    if (!found)
      timed.set(format, (found = timeLayers(graph, convolutions.layers, { ...options, int8: format === 'int8' })));
    return found;
  }

  /** The times of the layers, where they are known. */
  private async knownLatency(format: NumberFormat): Promise<LatencyModel | undefined> {
    const { options, timed } = this;
    return format === formatOf(options) ? (options.latencyModel ?? timed.get(format)) : timed.get(format);
  }

  private async calibration(): Promise<Calibrated | undefined> {
    const { graph, convolutions, options } = this;
    if (!options.calibration || !this.calibrationSet || convolutions.layers.length === 0) return undefined;
    this.calibrated ??= calibrate(graph, convolutions.layers, this.calibrationSet, options.calibration, options);
    return this.calibrated;
  }

  /** A network of integers that gives what the dense one does; `undefined` where there are no images. */
  private async quantized(
    compressed: ModelProto,
    maxLoss: number,
    inFloats: ReadonlySet<string> = new Set(),
  ): Promise<QuantizedWithinLoss | undefined> {
    const { calibrationSet: set, options, graph } = this;
    if (!set) return undefined;
    const calibration = options.calibration!;
    return quantizeWithinLoss(graph.model, compressed, this.inputs(set, await set.seen()), {
      ...this.quantizeOptions(),
      ...{ exclude: options.int8Exclude, form: options.format, maxLoss },
      keep: new Map([...inFloats].map((name) => [name, 'the budget allows it'])),
      onProduct: (done, total) => calibration.onProgress?.({ step: 'quantize', done, total }),
    });
  }

  /** What the rounding of each product costs, in the unit of the layers' losses; `undefined` where that cannot be measured. */
  private rounding(): Promise<readonly RoundedPart[] | undefined> {
    this.rounded ??= this.roundingParts();
    return this.rounded;
  }

  private async roundingParts(): Promise<readonly RoundedPart[] | undefined> {
    const { calibrationSet: set, options, graph } = this;
    if (!set) return undefined;
    const calibration = options.calibration!;
    const { images } = await set.images();
    const found = await roundingLosses(graph.model, firstOf(this.inputs(set, images), imagesOfParts), {
      ...this.quantizeOptions(),
      choice: excluding(options.int8Exclude),
      onPart: (done, total) => calibration.onProgress?.({ step: 'rounding', done, total }),
    });
    // Losses that were not measured under attack are twice the divergence: docs/calibration.md.
    return found?.parts.map((part) => ({ ...part, loss: calibration.attack ? part.loss : 2 * part.loss }));
  }

  private inputs(set: CalibrationSet, images: ImageSet): CalibrationImages {
    return set.asInputs(images, set.declaredBatch ?? this.options.calibration!.batchSize ?? batchOf(images.dims));
  }

  private quantizeOptions() {
    const { calibration, signal } = this.options;
    const { memory = defaultMemory, seed = 0 } = calibration!;
    return {
      threads: threadsOf(this.options),
      seed,
      liveBytes: memory / 4,
      momentBytes: memory / 2,
      throwIfAborted: () => throwIfAborted(signal),
    };
  }

  /** @param isBalanced whether outputs are scaled to one size, as budgets need them without calibration */
  private decomposed(isBalanced: boolean): Promise<readonly DecomposedLayer[]> {
    let found = this.decompositions.get(isBalanced);
    if (!found) this.decompositions.set(isBalanced, (found = this.decompose(isBalanced)));
    return found;
  }

  private async decompose(isBalanced: boolean): Promise<readonly DecomposedLayer[]> {
    const { convolutions, alpha, options, graph } = this;
    const calibration = await this.calibration();
    const { threads, signal, onProgress } = options;
    const decomposed = await decomposeLayers(convolutions.layers, {
      ...{ isBalanced, alpha, moments: calibration?.moments, file: graph.file },
      ...{ threads, signal, onProgress },
    });
    if (calibration) await measureLosses(decomposed, calibration);
    return decomposed;
  }

  /** A copy of the model with these layers replaced. */
  private readonly rewritten = (stages: ReadonlyMap<Layer, Stages>): ModelProto => {
    const graph = new Graph(clone(ModelProtoSchema, this.graph.model), this.graph.file, this.graph.limits);
    const nodes = new Map(graph.nodes.map((node) => [node.output[0]!, node]));
    const here = (layer: Layer) => ({ ...layer, nodes: layer.nodes.map(({ output }) => nodes.get(output[0]!)!) });
    rewrite(graph, new Map(Array.from(stages, ([layer, own]) => [here(layer), own])));
    graph.removeDead();
    return graph.model;
  };

  /** Checks that multiply-accumulates can be counted, which takes all shapes. */
  private checkCounted(): void {
    const { graph, values, network } = this;
    if (!network.unknown) return;
    const [guessed] = guessedInputs(graph, typesOfInputs(graph, this.options.inputShapes));
    const open = graph.inputs.find(({ name }) => !values.has(name) || name === guessed);
    throw new GdwsError('SHAPE_UNKNOWN', 'its multiply-accumulates cannot be counted.', {
      file: graph.file,
      ...placeOf(network.unknown),
      remedy: open
        ? `Give the shape of input '${open.name}' (inputShapes in the API, --shape on the command line), or a budget of params.`
        : 'Give a budget of params, or a model whose value_info declares the shapes.',
    });
  }
}

/** What replaces layers, and why. */
interface Replacement extends Pick<SummaryOptions, 'goal' | 'latency' | 'allocation' | 'refitted'> {
  readonly replaced: ReadonlyMap<Layer, Stages>;
  readonly format: NumberFormat;
  /** Products that are planned in floats, by name. */
  readonly inFloats?: ReadonlySet<string>;
}

/** What rounding may lose by default: docs/quantization.md. */
const defaultMaxLoss = 0.02;

/** @throws {GdwsError} BUDGET_OUT_OF_RANGE */
function plannedFormats(
  layers: readonly DecomposedLayer[],
  rounding: readonly RoundedPart[],
  goal: Goal,
  latency: LatencyModel,
): MixedPlan {
  const found = mixedPlan(layers, rounding, latency, timeOf(goal, latency));
  if (typeof found === 'number') throw tooFast(goal, latency, found);
  return found;
}

function formatOf({ int8 }: PrepareOptions): NumberFormat {
  return int8 ? 'int8' : 'float32';
}

/** @throws {GdwsError} ARGUMENT_INVALID where there are images and the model takes none */
function calibrationSetOf(graph: Graph, options: PrepareOptions): CalibrationSet | undefined {
  const { calibration, signal } = options;
  return calibration && new CalibrationSet(graph, calibration, { threads: threadsOf(options), signal });
}

/** @throws {GdwsError} ARGUMENT_INVALID for `int8` without images, OPERATOR_UNSUPPORTED for an old operator set */
function checkInt8(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
  { calibration }: PrepareOptions,
  format: NumberFormat,
): void {
  if (format !== 'int8') return;
  checkOperatorSet(graph, values);
  if (calibration) return;
  throw new GdwsError('ARGUMENT_INVALID', 'int8 needs images: they show the ranges of the numbers between layers.', {
    remedy: 'Give some hundred that are like those in use: calibration in the API, --calib on the command line.',
  });
}

/** Images that are quantized with at once: as many as make up for the steps of each run. */
function batchOf([, height, width]: ImageSet['dims']): number {
  return Math.min(32, Math.max(1, Math.floor(2 ** 17 / (height * width))));
}
