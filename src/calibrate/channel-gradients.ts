import { GdwsError } from '../base/errors';
import { checkFeeds } from '../engine/feeds';
import type { Layer } from '../gdws/layers';
import { gradientEngine, GradientNetwork, type DifferentiatedNetwork, type Forward } from '../gradient/network';
import type { Graph } from '../graph/graph';
import { fromFloat32, roundedTo } from '../onnx/floats';
import { nameOf } from '../onnx/node-place';
import type { DataType } from '../onnx/value';
import { imageTypeOf } from './images';

/** Limits of the default batch size: values that stay in the caches are computed faster. */
const maxImages = 8;
const maxCachedBytes = 12 * 2 ** 20;
/** Memory limit of all batches that run at once, unless one batch alone takes more. */
const maxBytes = 2 ** 30;

/**
 * A classifier whose logits are differentiated with respect to the weights of some of its convolutions, image by image, by
 * one thread a run. Weights are those of the graph: batch normalization is not folded into them, and runs in inference mode.
 */
export class ChannelGradients {
  private readonly network: GradientNetwork;
  private readonly programs = new Map<number, DifferentiatedNetwork>();
  private readonly input: string;
  private readonly type: DataType;

  /**
   * @param dims (C, H, W) of the images
   * @throws GdwsError ARGUMENT_INVALID where the graph has more than one input, TYPE_MISMATCH where it takes no floats
   */
  constructor(
    private readonly graph: Graph,
    private readonly layers: readonly Layer[],
    private readonly dims: readonly number[],
  ) {
    const [input, ...others] = graph.inputs;
    if (!input || others.length > 0) {
      throw new GdwsError('ARGUMENT_INVALID', `the model has ${graph.inputs.length} inputs.`, {
        remedy: 'A classifier of images has one.',
      });
    }
    this.input = input.name;
    this.type = imageTypeOf(graph);
    this.network = new GradientNetwork(graph, 0, gradientEngine(graph, 1));
  }

  /** Number of classes. */
  get classes(): number {
    const [program] = this.programs.values();
    return (program ?? this.programFor(1)).classes;
  }

  /**
   * The batch size for a number of images: the model's own where it declares one, else `wanted`, else one that bounds memory.
   *
   * @throws GdwsError ARGUMENT_INVALID where the images are no multiple of the declared number
   */
  batchSize(images: number, wanted: number | undefined): number {
    const declared = this.declaredBatch;
    if (declared === undefined) return Math.min(images, wanted ?? this.defaultBatch());
    if (images % declared === 0) return declared;
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `${images} images cannot be run ${declared} at once, as the model wants them.`,
      { remedy: `Give a multiple of ${declared}, or a model whose number of images is open.` },
    );
  }

  /** The batch size that the model declares, if it does. */
  get declaredBatch(): number | undefined {
    const batch = this.graph.declared(this.input)?.dims?.[0];
    return typeof batch === 'number' ? batch : undefined;
  }

  /** How many batches to run at once, a thread each. */
  parallelBatches(batchSize: number, threads: number): number {
    return Math.max(1, Math.min(threads, Math.floor(maxBytes / this.programFor(batchSize).bytes)));
  }

  /**
   * The network for batches of `images` images. Its backward runs give for each of its `gradients` the squared norms of each
   * image's gradient for each input channel: (images, C).
   *
   * @throws GdwsError GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, and what a model that cannot be run throws
   */
  programFor(images: number): DifferentiatedNetwork {
    let program = this.programs.get(images);
    if (!program) {
      const names = new Map(this.layers.map(({ name, nodes }) => [name, nodes.map(nameOf)]));
      const feed = fromFloat32(this.type, [images, ...this.dims], new Float32Array(images * this.imageLength));
      const types = checkFeeds(this.graph, { [this.input]: feed });
      program = this.network.differentiated(types, { squaredNorms: names });
      this.programs.set(images, program);
    }
    return program;
  }

  /** @param pixels (images, C, H, W), normalized for the model; they are rounded to the type that it takes */
  forward(pixels: Float32Array): Promise<Forward> {
    return this.programFor(pixels.length / this.imageLength).forward([roundedTo(this.type, pixels)]);
  }

  private defaultBatch(): number {
    const { bytes } = this.programFor(1);
    return Math.max(1, Math.min(maxImages, Math.floor(maxCachedBytes / bytes)));
  }

  private get imageLength(): number {
    return this.dims.reduce((product, dim) => product * dim, 1);
  }
}
