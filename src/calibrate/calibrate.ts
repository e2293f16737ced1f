import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import type { Layer } from '../gdws/layers';
import type { Stages } from '../gdws/stages';
import type { Graph } from '../graph/graph';
import type { ModelProto } from '../onnx/onnx_pb';
import { wholeAttack } from './attack-schedule';
import { attackedLosses } from './attacked-losses';
import type { Calibration } from './calibration';
import type { CalibrationSet } from './calibration-set';
import { measureMoments, MomentsNetwork, type LayerMoments } from './layer-moments';
import { refitInOrder, type Kernels } from './refit';

/** Measured moments, and the refit that uses the same images. */
export interface Calibrated {
  readonly moments: ReadonlyMap<Layer, LayerMoments>;
  /** With an attack: by how much the network's loss under it grows by each of these layers alone, in nats. */
  readonly attackedLosses?: (stages: ReadonlyMap<Layer, Kernels>) => Promise<Map<Layer, number>>;
  /** The refitted stages of the layers that the engine can run. */
  readonly refit: (stages: ReadonlyMap<Layer, Stages>, compressed: CompressedModel) => Promise<Map<Layer, Stages>>;
}

/** The network with given stages. */
type CompressedModel = (stages: ReadonlyMap<Layer, Stages>) => ModelProto;

/** Images to which each layer is fitted before its loss is measured. */
const imagesOfFits = 128;

/** Images attacked for each layer; few, since each layer needs attacks of its own. They are the same for all layers. */
const imagesOfAttackedLosses = 16;

export const defaultMemory = 3e9;

/** Chosen by experiments: docs/calibration-experiments.md. */
const shrinkageUnderAttack = 0.1;

interface Surroundings {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures the moments of the layers' inputs and of their gradients.
 *
 * @throws GdwsError TYPE_MISMATCH, GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, OPERATOR_UNSUPPORTED, ABORTED; OUT_OF_MEMORY where one
 *   batch needs more than is given
 */
export async function calibrate(
  graph: Graph,
  layers: readonly Layer[],
  set: CalibrationSet,
  calibration: Calibration,
  { threads = native().concurrency, signal }: Surroundings,
): Promise<Calibrated> {
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
  const { declaredBatch } = set;
  const batch = declaredBatch ?? 1;
  const network = new MomentsNetwork(graph, layers, native().createSession(threads));
  const batchSize = network.batchWithin(memory, calibration.images.dims, declaredBatch ?? calibration.batchSize);
  const throwIfAborted = () => {
    if (signal?.aborted) throw new GdwsError('ABORTED', 'the calibration was aborted.', { cause: signal.reason });
  };
  const { images, labelled } = await set.images();
  const source = set.asInputs(images, batchSize);
  const moments = await measureMoments(network, source, {
    seed,
    onBatch: (done) => {
      throwIfAborted();
      calibration.onProgress?.({ step: 'moments', done, total: source.count });
    },
  });
  const onceAtMost = Math.min(1, sweeps);
  const refitted = (stages: ReadonlyMap<Layer, Kernels>, chosen: ImageSet, step: 'losses' | 'refit', sweeps: number) =>
    refitInOrder(graph, stages, set.asInputs(chosen, batchSize), {
      ...{ threads, ridge, sweeps, shrinkage, seed, throwIfAborted },
      liveBytes: memory / 4,
      fitLayersIndependently: step === 'losses',
      fisher: (layer) => moments.get(layer)?.fisher,
      onLayer: (done, total) => calibration.onProgress?.({ step, done, total }),
    });
  return {
    moments,
    attackedLosses:
      attack &&
      (async (stages) => {
        const whole = (count: number) => Math.max(1, Math.floor(count / batch)) * batch;
        const some = labelled.first(whole(imagesOfAttackedLosses));
        const replaced = await refitted(stages, images.first(whole(imagesOfFits)), 'losses', onceAtMost);
        return attackedLosses(graph.model, replaced, some, wholeAttack(attack), {
          ...{ normalization, threads, seed, signal, declaredBatch },
          onProgress: (done: number, total: number) => calibration.onProgress?.({ step: 'losses', done, total }),
        });
      }),
    async refit(stages, compressed) {
      let result = new Map<Layer, Stages>();
      set.forgetAttacks();
      for (let round = 1; round <= (attack ? rounds : 1); ++round) {
        if (round > 1) await set.addAttackOn(compressed(new Map([...stages, ...result])));
        // Later rounds go on from the kernels that were found.
        const begin = new Map([...stages, ...result]);
        result = await refitted(begin, await set.seen(), 'refit', round === 1 ? sweeps : onceAtMost);
      }
      return result;
    },
  };
}
