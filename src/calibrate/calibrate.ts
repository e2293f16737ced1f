import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import type { Layer } from '../gdws/layers';
import type { Stages } from '../gdws/stages';
import type { Graph } from '../graph/graph';
import type { ModelProto } from '../onnx/onnx_pb';
import type { Normalization } from '../robustness/normalized';
import type { AttackSettings } from '../robustness/settings';
import { adversarialImages, joined, predicted } from './adversarial-images';
import { attackedLosses } from './attacked-losses';
import { calibrationImages, imageTypeOf } from './images';
import { measureMoments, MomentsNetwork, type LayerMoments } from './layer-moments';
import { refitInOrder, type Kernels } from './refit';

/** Progress of a calibration. */
export interface CalibrationProgress {
  /** Whether images are being attacked, moments or losses under attack measured, or stages fitted. */
  readonly step: 'attack' | 'moments' | 'losses' | 'refit';
  /** Images that are done; layers in the last two steps. */
  readonly done: number;
  /** All images or layers of the step. */
  readonly total: number;
}

/** Images and settings of a calibration. */
export interface Calibration {
  /** Labels do not matter: the measure is how much the network changes its own prediction. */
  readonly images: ImageSet;
  /** Normalization that the network expects of its images. */
  readonly normalization?: Normalization;
  /** Perturbs the images by this attack on the dense network, for a network that is to stay robust. */
  readonly attack?: AttackSettings;
  /**
   * With an attack, how often the stages are fitted (default 3). Each time after the first, images of an attack on the
   * network compressed so far are added.
   */
  readonly rounds?: number;
  /** Seed of the labels with which gradients are taken, and of the attack (default 0). */
  readonly seed?: number;
  /** Images at once (default 8, or as many as fit the memory); changes time and memory, and results only by rounding. */
  readonly batchSize?: number;
  /**
   * Bytes of working memory, in addition to the network and the images (default 3e9). A refit keeps values in a quarter of it,
   * and further ones in a temporary file.
   */
  readonly memory?: number;
  /**
   * How often the refit goes through a layer's channels and fits the kernels of each to the residual of the others (default
   * 3). With 0 it fits the pointwise stage alone.
   */
  readonly sweeps?: number;
  /** Share of the patches' mean square that the refit adds to each of their elements (default 1e-5). */
  readonly ridge?: number;
  /**
   * How far, 0 to 1, the refit shrinks correlations of different channels to 0, against overfitting to few patches (default
   * N / (N + patches), N being the unknowns of an output: C·K²; 0.1 with an attack, which is sensitive to overfitting).
   */
  readonly shrinkage?: number;
  /** Called as the calibration goes on. */
  onProgress?(progress: CalibrationProgress): void;
}

/** Measured moments, and the refit that uses the same images. */
export interface Calibrated {
  readonly moments: ReadonlyMap<Layer, LayerMoments>;
  /** With an attack: by how much the network's loss under it grows by each of these layers alone, in nats. */
  readonly attackedLosses?: (
    stages: ReadonlyMap<Layer, Kernels>,
    compressed: CompressedModel,
  ) => Promise<Map<Layer, number>>;
  /** The refitted stages of the layers that the engine can run. */
  readonly refit: (stages: ReadonlyMap<Layer, Stages>, compressed: CompressedModel) => Promise<Map<Layer, Stages>>;
}

/** The network with given stages. */
type CompressedModel = (stages: ReadonlyMap<Layer, Stages>) => ModelProto;

/** Images attacked for each layer; few, since each layer needs attacks of its own. */
const imagesOfAttackedLosses = 128;

const defaultMemory = 3e9;

/** Chosen by experiments: docs/calibration-experiments.md. */
const shrinkageUnderAttack = 0.1;

interface Surroundings {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures the moments of the layers' inputs and of their gradients.
 *
 * @throws GdwsError ARGUMENT_INVALID for options that make no sense or a model with several inputs; TYPE_MISMATCH, GRADIENT_UNSUPPORTED,
 *   SHAPE_MISMATCH, OPERATOR_UNSUPPORTED, ABORTED; OUT_OF_MEMORY where one batch needs more than is given
 */
export async function calibrate(
  graph: Graph,
  layers: readonly Layer[],
  calibration: Calibration,
  { threads = native().concurrency, signal }: Surroundings,
): Promise<Calibrated> {
  check(graph, calibration);
  const {
    normalization,
    attack,
    rounds = 3,
    seed = 0,
    ridge = 1e-5,
    sweeps = 3,
    shrinkage = attack && shrinkageUnderAttack,
    memory = defaultMemory,
  } = calibration;
  const type = imageTypeOf(graph);
  const declaredBatch = declaredBatchOf(graph, calibration.images.length);
  const batch = declaredBatch ?? 1;
  const network = new MomentsNetwork(graph, layers, native().createSession(threads));
  const batchSize = network.batchWithin(memory, calibration.images.dims, declaredBatch ?? calibration.batchSize);
  const throwIfAborted = () => {
    if (signal?.aborted) throw new GdwsError('ABORTED', 'the calibration was aborted.', { cause: signal.reason });
  };
  const attackOptions = {
    normalization,
    threads,
    seed,
    signal,
    declaredBatch,
    onProgress: (done: number, total: number) => calibration.onProgress?.({ step: 'attack', done, total }),
  };
  let { images } = calibration;
  const dense = attack && graph.model;
  const labelled = dense ? await predicted(dense, images, attackOptions) : images;
  if (dense) images = await adversarialImages(dense, labelled, attack, attackOptions);

  const source = calibrationImages(images, batchSize, normalization, type);
  const moments = await measureMoments(network, source, {
    seed,
    onBatch: (done) => {
      throwIfAborted();
      calibration.onProgress?.({ step: 'moments', done, total: source.count });
    },
  });
  const refitted = (stages: ReadonlyMap<Layer, Kernels>, set: ImageSet, step: 'losses' | 'refit') =>
    refitInOrder(graph, stages, calibrationImages(set, batchSize, normalization, type), {
      ...{ threads, ridge, sweeps, shrinkage, seed, throwIfAborted },
      liveBytes: memory / 4,
      fitLayersIndependently: step === 'losses',
      fisher: (layer) => moments.get(layer)?.fisher,
      onLayer: (done, total) => calibration.onProgress?.({ step, done, total }),
    });
  return {
    moments,
    attackedLosses:
      dense &&
      (async (stages, compressed) => {
        const some = labelled.first(Math.max(1, Math.floor(imagesOfAttackedLosses / batch)) * batch);
        const replaced = await refitted(stages, images.first(some.length), 'losses');
        const onProgress = (done: number, total: number) => calibration.onProgress?.({ step: 'losses', done, total });
        return attackedLosses({ dense, replaced, compressed }, some, attack, { ...attackOptions, onProgress });
      }),
    async refit(stages, compressed) {
      let result = new Map<Layer, Stages>();
      let seen = images;
      for (let round = 1; round <= (attack ? rounds : 1); ++round) {
        if (attack && round > 1) {
          const model = compressed(new Map([...stages, ...result]));
          seen = joined(seen, await adversarialImages(model, labelled, attack, attackOptions));
        }
        result = await refitted(stages, seen, 'refit');
      }
      return result;
    },
  };
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
