import type { ImageSet } from '../data/image-set';
import type { Normalization } from '../robustness/normalized';
import type { AttackSettings } from '../robustness/settings';

/** Progress of a calibration. */
export interface CalibrationProgress {
  /**
   * Whether images are being attacked, moments or losses under attack measured, stages fitted, losses by rounding
   * measured, or layers quantized.
   */
  readonly step: 'attack' | 'moments' | 'losses' | 'refit' | 'rounding' | 'quantize';
  /** Images that are done; layers in the last four steps. */
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
  /**
   * Perturbs the images by this attack on the dense network, for a network that is to stay robust. PGD has 10 steps by default
   * here.
   */
  readonly attack?: AttackSettings;
  /**
   * With an attack, how often the stages are fitted (default 3). Each time after the first, images of an attack on the
   * network compressed so far are added; PGD goes on from the last images, with three tenths of the steps.
   */
  readonly rounds?: number;
  /** Seed of the labels with which gradients are taken, and of the attack (default 0). */
  readonly seed?: number;
  /** Images at once (default 8, or as many as fit the memory); changes time and memory, and results only by rounding. */
  readonly batchSize?: number;
  /**
   * Bytes of working memory, in addition to the network and the images (default 3e9). A refit keeps values in a quarter of it,
   * and further ones in a temporary file. With int8, products whose moments take more than half of it are not regressed.
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
