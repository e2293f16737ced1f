import { GdwsError } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import type { Graph } from '../graph/graph';
import type { ModelProto } from '../onnx/onnx_pb';
import {
  adversarialImages,
  joined,
  predicted,
  withClassifier,
  type AdversarialOptions,
  type OpenOptions,
} from './adversarial-images';
import { continuedAttack, wholeAttack } from './attack-schedule';
import type { Calibration } from './calibration';
import { calibrationImages, imageTypeOf, type CalibrationImages } from './images';

/** The images of a calibration: as they are, or attacked where the network is to stay robust. */
export class CalibrationSet {
  /** Images that the model takes at once, if it declares that. */
  readonly declaredBatch: number | undefined;
  private readonly attackOptions: AdversarialOptions;
  private readonly openOptions: OpenOptions;
  private first: Promise<{ readonly images: ImageSet; readonly labelled: ImageSet }> | undefined;
  /** With attacks on compressed networks. */
  private all: ImageSet | undefined;
  /** Of the last attack. */
  private last: ImageSet | undefined;

  /** @throws {GdwsError} ARGUMENT_INVALID where there are no images, or a model with several inputs */
  constructor(
    private readonly graph: Graph,
    private readonly calibration: Calibration,
    { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal },
  ) {
    check(graph, calibration);
    const { normalization, seed = 0 } = calibration;
    this.declaredBatch = declaredBatchOf(graph, calibration.images.length);
    this.openOptions = { normalization, threads };
    this.attackOptions = {
      ...{ seed, signal, declaredBatch: this.declaredBatch },
      onProgress: (done, total) => calibration.onProgress?.({ step: 'attack', done, total }),
    };
  }

  /** The images, attacked if there is an attack; and as they were, labelled with what the dense network predicts. */
  async images(): Promise<{ readonly images: ImageSet; readonly labelled: ImageSet }> {
    this.first ??= this.attacked();
    return this.first;
  }

  /** All images that were seen: also those of attacks on compressed networks. */
  async seen(): Promise<ImageSet> {
    return this.all ?? (await this.images()).images;
  }

  /** Attacks a compressed network, from the images of the last attack on, and adds these images to those seen before. */
  async addAttackOn(model: ModelProto): Promise<void> {
    const { attack, images } = this.calibration;
    if (!attack) return;
    const { images: first, labelled } = await this.images();
    const starts = this.last ?? first;
    const continued = continuedAttack(
      attack,
      images.dims.reduce((product, dim) => product * dim, 1),
    );
    this.last = await withClassifier(model, images.dims, this.openOptions, (classifier) =>
      adversarialImages(classifier, labelled, continued, { ...this.attackOptions, starts }),
    );
    this.all = joined(await this.seen(), this.last);
  }

  /** Forgets the attacks on compressed networks. */
  forgetAttacks(): void {
    this.all = this.last = undefined;
  }

  /** Images of a set as the network takes them. */
  asInputs(images: ImageSet, batchSize: number): CalibrationImages {
    return calibrationImages(images, batchSize, this.calibration.normalization, imageTypeOf(this.graph));
  }

  private async attacked(): Promise<{ readonly images: ImageSet; readonly labelled: ImageSet }> {
    const { graph, attackOptions } = this;
    const { images, attack } = this.calibration;
    if (!attack) return { images, labelled: images };
    return withClassifier(graph.model, images.dims, this.openOptions, async (classifier) => {
      const labelled = await predicted(classifier, images, attackOptions);
      return { images: await adversarialImages(classifier, labelled, wholeAttack(attack), attackOptions), labelled };
    });
  }
}

/**
 * How many images a model takes at once, if it declares that.
 *
 * @throws GdwsError ARGUMENT_INVALID where the images are no multiple of it
 */
function declaredBatchOf(graph: Graph, images: number): number | undefined {
  const declared = graph.declared(graph.inputs[0]!.name)?.dims?.[0];
  if (typeof declared !== 'number') return undefined;
  if (images % declared === 0) return declared;
  throw new GdwsError('ARGUMENT_INVALID', `${images} images cannot be run ${declared} at once.`, {
    file: graph.file,
    remedy: `Give a multiple of ${declared}, or a model whose number of images is open.`,
  });
}

function check(graph: Graph, { images }: Calibration): void {
  if (images.length === 0) throw new GdwsError('ARGUMENT_INVALID', 'there are no calibration images.');
  if (graph.inputs.length !== 1) {
    throw new GdwsError('ARGUMENT_INVALID', `the model has ${graph.inputs.length} inputs.`, {
      remedy: 'Calibration takes a network of images, with one input.',
    });
  }
}
