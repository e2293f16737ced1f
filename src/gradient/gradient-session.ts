import { setImmediate } from 'node:timers/promises';
import { Tensor, type InferenceSession as Common } from 'onnxruntime-common';
import { simplify } from '../analysis/simplify';
import { GdwsError, located } from '../base/errors';
import { limitsOf, limitsOption, type Limits } from '../base/limits';
import { boolean, checkOptions, integer, listOf, required, text, type OptionTable } from '../base/options';
import { checkFeeds, holdFeed, refuseUnknownFeeds, roundFeed, toTensor } from '../engine/feeds';
import { metadataOf } from '../engine/metadata';
import { programKey } from '../engine/program-key';
import { readModelCopy } from '../engine/read-model';
import { RecentlyUsed } from '../engine/recently-used';
import { maxThreads, threadsOf } from '../engine/threads';
import { Graph } from '../graph/graph';
import { editableCopy } from '../onnx/copy';
import type { ModelProto } from '../onnx/onnx_pb';
import type { ValueType } from '../onnx/value';
import { requireKnownVersions } from '../onnx/versions';
import { isQuantizing } from '../operators/quantized';
import { crossEntropy } from './loss';
import { gradientEngine, GradientNetwork, type DifferentiatedNetwork, type ProgramEdit, type Target } from './network';
import { rows } from './rows';

/** Limit of the programs that are kept, for all input shapes and targets. */
const maxPrograms = 8;

/** How a {@link GradientSession} is made. */
export interface GradientOptions {
  /** Threads of one run; by default all the processors that this process may use. */
  readonly intraOpNumThreads?: number;
  /** Name of the output with the logits; by default the model's first. */
  readonly output?: string;
  /** A kernel or method to take wherever it is supported, as for `InferenceSession`. For tests and benchmarks. */
  readonly kernel?: string;
  /** Limits of the model's resources; see docs/untrusted-models.md. */
  readonly limits?: Partial<Limits>;
}

const gradientOptions: OptionTable<GradientOptions> = {
  intraOpNumThreads: integer(0, maxThreads),
  output: text,
  kernel: text,
  limits: limitsOption,
};

/** The derivative of a loss with respect to logits (images × classes, row-major), in the same layout. */
export type Cotangent = (logits: Float32Array, images: number, classes: number) => Float32Array;

/** Result of {@link GradientSession.gradient}. */
export interface InputGradients {
  /** (images, classes) */
  readonly logits: Tensor;
  /** Gradient of each float input, by name: float32, in its shape. */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** Result of {@link GradientSession.lossGradient}. */
export interface LossGradients extends InputGradients {
  /** Softmax cross-entropy of each image, in nats. */
  readonly losses: Float32Array;
}

/** Which gradients {@link GradientSession.weightGradients} gives. */
export interface WeightGradientOptions {
  /** Whether to give each image's gradient, along a further outermost axis, or their sum. */
  readonly perImage: boolean;
  /** Names of initializers; by default the weights of all convolutions and products. */
  readonly weights?: readonly string[];
}

const weightGradientOptions: OptionTable<WeightGradientOptions> = {
  perImage: required(boolean),
  weights: listOf(text, 'an array of names of initializers'),
};

/** Result of {@link GradientSession.weightGradients}. */
export interface WeightGradients {
  /** (images, classes) */
  readonly logits: Tensor;
  /** By initializer: of its shape, with the images as a further first axis for `perImage`. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/**
 * A classifier that can be differentiated, in single precision on the engine's kernels, with batch normalization in inference
 * mode. Images of one call are independent, unless the cotangent combines them. Feeds are of the type that the model declares,
 * or float32, which is rounded to its floating-point type.
 *
 * @example
 * const session = await GradientSession.create('model.onnx');
 * const { losses, inputs } = await session.lossGradient({ input: images }, labels);
 */
export class GradientSession {
  /** Names of the model's inputs, in its order. */
  readonly inputNames: readonly string[];
  /** Type and shape of each input, in the order of `inputNames`. */
  readonly inputMetadata: readonly Common.ValueMetadata[];
  /**
   * Whether the network rounds to integers. Gradients then pass straight through the rounding, and come with logits that may be a
   * rounding step or two from those of {@link logits}.
   */
  readonly quantized: boolean;
  private readonly programs = new RecentlyUsed<DifferentiatedNetwork>(maxPrograms);
  private knownClasses: number | undefined;
  private released = false;

  private constructor(
    private readonly graph: Graph,
    private readonly network: GradientNetwork,
    /** For gradients of weights: the graph as in the model, without folded batch normalization. */
    private readonly weightNetwork: GradientNetwork,
  ) {
    this.inputNames = graph.inputs.map(({ name }) => name);
    this.inputMetadata = this.inputNames.map((name) => metadataOf(graph, name));
    this.quantized = graph.nodes.some(isQuantizing);
  }

  /**
   * Reads a model from a file or from bytes, which are copied, and checks that it can be differentiated by its inputs and its
   * weights for the declared shapes, a free batch counting as 1; where other dims are free, or the leading one cannot be 1, the
   * first run checks it.
   *
   * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, OPERATOR_UNSUPPORTED, GRADIENT_UNSUPPORTED,
   * SHAPE_MISMATCH, OUTPUT_UNKNOWN, LIMIT_EXCEEDED, OUT_OF_MEMORY, ARGUMENT_INVALID
   */
  static async create(source: string | Uint8Array, options: GradientOptions = {}): Promise<GradientSession> {
    const file = typeof source === 'string' ? source : undefined;
    try {
      checkOptions(options, gradientOptions);
      const model = await readModelCopy(source, limitsOf(options));
      return await GradientSession.of(model, options, file);
    } catch (error) {
      throw located(error, { file });
    }
  }

  /**
   * As {@link create}, of a model that was read, which is not modified, nor may be while the session is in use.
   *
   * @internal
   */
  static async of(model: ModelProto, options: GradientOptions = {}, file?: string): Promise<GradientSession> {
    const limits = limitsOf(options);
    requireKnownVersions(model, file);
    // The event loop runs between steps that take some milliseconds for a large model.
    await setImmediate();
    const written = new Graph(editableCopy(model), file, limits);
    const graph = new Graph(editableCopy(model), file, limits);
    await setImmediate();
    simplify(graph);
    await setImmediate();
    const output = outputOf(graph, options.output);
    const threads = threadsOf(options);
    const session = new GradientSession(
      graph,
      new GradientNetwork(graph, output, gradientEngine(graph, threads, options.kernel)),
      new GradientNetwork(written, output, gradientEngine(written, threads, options.kernel)),
    );
    await session.prepare();
    return session;
  }

  /**
   * A session of the same network, without folded batch normalization, whose programs are edited. Sessions that are made so of one
   * session share the packed weights of all constants that their programs have in common.
   *
   * @internal
   */
  edited(edit: ProgramEdit): GradientSession {
    const network = this.weightNetwork.edited(edit);
    return new GradientSession(this.graph, network, network);
  }

  /**
   * Number of classes.
   *
   * @throws GdwsError SHAPE_UNKNOWN before the first run, where the declared shapes do not determine it
   */
  get classes(): number {
    if (this.knownClasses === undefined) {
      throw new GdwsError('SHAPE_UNKNOWN', 'the number of classes is not known before the first run.', {
        file: this.graph.file,
      });
    }
    return this.knownClasses;
  }

  /** Images that the model takes at once, where it declares a number. */
  get batch(): number | undefined {
    const first = this.graph.declared(this.inputNames[0] ?? '')?.dims?.[0];
    // The first run refuses a model that takes no images.
    return typeof first === 'number' && first > 0 ? first : undefined;
  }

  /**
   * The logits (images, classes) alone, as an `InferenceSession` computes them: those of a quantized network in integers.
   *
   * @throws GdwsError INPUT_MISSING, INPUT_UNKNOWN, TYPE_MISMATCH, SHAPE_MISMATCH, SESSION_RELEASED, ABORTED;
   * for new shapes what {@link create} throws
   */
  async logits(given: Common.FeedsType): Promise<Tensor> {
    const { feeds, types } = this.taken(given);
    const network = this.programFor('logits', types, () => this.network.forwardOnly(types));
    const { logits } = await network.forward(this.nativeFeeds(feeds));
    return logitsTensor(network, logits);
  }

  /**
   * The gradient with respect to the inputs, for a cotangent of the logits: a vector-Jacobian product. The feeds are copied.
   *
   * @throws GdwsError as {@link logits}; ARGUMENT_INVALID for a cotangent that has not a number for each logit
   */
  async gradient(given: Common.FeedsType, cotangent: Cotangent): Promise<InputGradients> {
    const { feeds, types } = this.taken(given);
    const network = this.programFor('inputs', types, () => this.network.differentiated(types, 'inputs'));
    const { logits, gradients } = await this.backward(network, feeds, cotangent);
    return {
      logits,
      inputs: Object.fromEntries(
        // In half precision, small gradients would be 0.
        network.gradients.map(({ name, dims }, i) => [name, toTensor({ type: 'float32', dims }, gradients[i]!)]),
      ),
    };
  }

  /**
   * Softmax cross-entropy of every image, and the gradient of their sum: each image has the gradient of its own loss.
   *
   * @param labels a class for each image
   * @throws GdwsError as {@link logits}; ARGUMENT_INVALID for labels that are not a class for each image
   */
  async lossGradient(given: Common.FeedsType, labels: ArrayLike<number>): Promise<LossGradients> {
    const { feeds, types } = this.taken(given);
    const { images, classes } = this.programFor('inputs', types, () => this.network.differentiated(types, 'inputs'));
    checkLabels(labels, images, classes);
    const losses = new Float32Array(images);
    const result = await this.gradient(feeds, (logits) => {
      const cotangent = new Float32Array(logits.length);
      const directions = rows(cotangent, classes);
      rows(logits, classes).forEach((row, image) => {
        losses[image] = crossEntropy(row, labels[image]!, directions[image]!, -1);
      });
      return cotangent;
    });
    return { ...result, losses };
  }

  /**
   * The gradient with respect to weights, for the whole batch or of every image, with one forward run.
   *
   * @throws GdwsError as {@link gradient}; ARGUMENT_INVALID for a name of no weights
   */
  async weightGradients(
    given: Common.FeedsType,
    cotangent: Cotangent,
    options: WeightGradientOptions = { perImage: false },
  ): Promise<WeightGradients> {
    checkOptions(options, weightGradientOptions);
    const { feeds, types } = this.taken(given);
    const target: Target = options;
    const key = JSON.stringify([options.perImage, options.weights]);
    const network = this.programFor(key, types, () => this.weightNetwork.differentiated(types, target));
    const { logits, gradients } = await this.backward(network, feeds, cotangent);
    const weights: Record<string, Tensor> = {};
    network.gradients.forEach(({ name, dims }, i) => {
      const data = new Float32Array(gradients[i]!);
      // The gradient of a weight that layers use in several shapes is the sum of theirs.
      const known = weights[name];
      if (known) data.forEach((value, at) => ((known.data as Float32Array)[at]! += value));
      else weights[name] = new Tensor('float32', data, [...dims]);
    });
    return { logits, weights };
  }

  /** Frees the network; runs that have begun are aborted. Safe to call again. */
  release(): Promise<void> {
    this.released = true;
    this.network.abort();
    this.weightNetwork.abort();
    this.programs.clear();
    return Promise.resolve();
  }

  private async prepare(): Promise<void> {
    try {
      this.knownClasses = this.network.check('inputs');
      await setImmediate();
      this.weightNetwork.check({ perImage: false });
    } catch (error) {
      if (!(error instanceof GdwsError) || error.code !== 'SHAPE_UNKNOWN') throw error;
    }
  }

  /** The feeds as the model takes them, with their types and shapes. */
  private taken(given: Common.FeedsType): { feeds: Common.FeedsType; types: Map<string, ValueType> } {
    if (this.released) {
      throw new GdwsError('SESSION_RELEASED', 'this session was released.', { file: this.graph.file });
    }
    const feeds = Object.fromEntries(
      Object.entries(given).map(([name, feed]) => [name, roundFeed(feed, this.graph.declared(name)?.type)]),
    );
    const types = checkFeeds(this.graph, feeds);
    refuseUnknownFeeds(this.graph, feeds);
    return { feeds, types };
  }

  private programFor(
    target: string,
    types: ReadonlyMap<string, ValueType>,
    make: () => DifferentiatedNetwork,
  ): DifferentiatedNetwork {
    const key = `${target};${programKey(this.inputNames, types)}`;
    const network = this.programs.get(key) ?? make();
    this.programs.set(key, network);
    this.knownClasses = network.classes;
    return network;
  }

  private async backward(network: DifferentiatedNetwork, feeds: Common.FeedsType, cotangent: Cotangent) {
    const forward = await network.forward(this.nativeFeeds(feeds));
    try {
      const { images, classes } = network;
      const given = cotangent(forward.logits, images, classes);
      if (!(given instanceof Float32Array) || given.length !== images * classes) {
        throw new GdwsError('ARGUMENT_INVALID', 'the cotangent does not have a number for each logit.', {
          remedy: `Give a Float32Array of ${images} × ${classes}.`,
        });
      }
      const gradients = await forward.backward(given);
      return {
        logits: logitsTensor(network, forward.logits),
        gradients: gradients.map(({ buffer }) => buffer as ArrayBuffer),
      };
    } finally {
      forward.release();
    }
  }

  private nativeFeeds(feeds: Common.FeedsType) {
    return this.inputNames.map((name) => holdFeed(feeds[name] as Tensor));
  }
}

function logitsTensor({ images, classes }: DifferentiatedNetwork, data: Float32Array): Tensor {
  return new Tensor('float32', data, [images, classes]);
}

function outputOf(graph: Graph, name: string | undefined): number {
  const number = name === undefined ? 0 : graph.outputs.findIndex((output) => output.name === name);
  if (number >= 0) return number;
  throw new GdwsError('OUTPUT_UNKNOWN', 'the model has no output of this name.', {
    tensor: name,
    remedy: `Its outputs are: ${graph.outputs.map((output) => output.name).join(', ')}.`,
  });
}

function checkLabels(labels: ArrayLike<number>, images: number, classes: number): void {
  if (labels.length !== images) {
    throw new GdwsError('ARGUMENT_INVALID', `there are ${labels.length} labels for ${images} images.`);
  }
  for (let image = 0; image < images; image++) {
    const label = labels[image]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new GdwsError('ARGUMENT_INVALID', `label ${label} of image ${image} is none of the ${classes} classes.`, {
      remedy: `Labels are whole numbers from 0 to ${classes - 1}.`,
    });
  }
}
