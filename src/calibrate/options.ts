import {
  callback,
  group,
  instanceOf,
  integer,
  number,
  object,
  required,
  signal,
  type OptionTable,
} from '../base/options';
import { ImageSet } from '../data/image-set';
import { maxThreads } from '../engine/threads';
import { layerSelectionOptions, type LayerSelection } from '../gdws/layer-selection';
import { normalizationOption, type Normalization } from '../robustness/normalized';
import type { AttackSettings } from '../robustness/settings';
import type { Calibration } from './calibration';

/** Progress of {@link weightErrors}. */
export interface WeightErrorProgress {
  /** Images that are done. */
  readonly done: number;
  /** All images. */
  readonly total: number;
  /** Whether images are being perturbed or gradients taken. */
  readonly step: 'attack' | 'gradients';
  /** Estimated; absent until there is something to estimate from. */
  readonly secondsLeft?: number;
}

/** How weight-error vectors are measured. Layers are selected as for `compress`. */
export interface WeightErrorOptions extends LayerSelection {
  /** Perturbs the images first, without stopping at the first success unless `earlyStop` says so; clean images by default. */
  readonly attack?: AttackSettings;
  /** Normalization that the network expects of its images. */
  readonly normalization?: Normalization;
  /** Number of other classes that count, those of the largest logits (default: all). */
  readonly rivals?: number;
  /** Margins up to this share of an image's largest |logit| are ties, and left out (default 2⁻¹⁷). */
  readonly tieTolerance?: number;
  /** Images at once; changes only time and memory. By default as many as the caches hold, 8 at most; 32 of an attack. */
  readonly batchSize?: number;
  /** By default all the processors that this process may use. */
  readonly threads?: number;
  /** Seed of the attack's random starts (default 0). */
  readonly seed?: number;
  /** Stops before the next pass through the network with code ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after every pass. */
  onProgress?(progress: WeightErrorProgress): void;
}

export const weightErrorOptions: OptionTable<WeightErrorOptions> = {
  ...layerSelectionOptions,
  attack: object,
  normalization: normalizationOption,
  rivals: integer(1),
  tieTolerance: number({ from: 0, below: 1 }, 'a share'),
  batchSize: integer(1),
  threads: integer(0, maxThreads),
  seed: integer(),
  signal,
  onProgress: callback,
};

const calibrationOptions: OptionTable<Calibration> = {
  images: required(instanceOf(ImageSet, 'an ImageSet, as readImages gives')),
  normalization: normalizationOption,
  attack: object,
  rounds: integer(1),
  seed: integer(),
  batchSize: integer(1),
  memory: number({ above: 0 }, 'a number of bytes'),
  sweeps: integer(),
  ridge: number({ from: 0, below: Infinity }),
  shrinkage: number({ from: 0, to: 1 }, 'a share'),
  onProgress: callback,
};

/** The option `calibration`. */
export const calibrationOption = group(calibrationOptions);
