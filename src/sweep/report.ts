import type { LayerSummary } from '../compress/summary';
import type { AttackSettings } from '../robustness/settings';
import type { Proportion } from '../robustness/statistics/wilson';
import type { WayAccuracy } from '../robustness/ways';

/**
 * Method of a network of a sweep: none, gdws with one budget (calibrated or by weights), the same quantized to 8 bits, or the paper's
 * algorithm with one β.
 */
export type SweepMethod = 'dense' | 'gdws' | 'int8' | 'paper';

/** In the order in which they are drawn. */
export const sweepMethods: readonly SweepMethod[] = ['dense', 'gdws', 'int8', 'paper'];

/** One network of a sweep. */
export interface SweptNetwork {
  /** How it was made. */
  readonly method: SweepMethod;
  /** Share of the dense network's multiply-accumulates that it may keep; 1 for the dense network, which may be quantized. */
  readonly budget: number;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Weights of its Conv, ConvTranspose, Gemm and MatMul, without biases. */
  readonly params: number;
  /** Size of the model file. */
  readonly bytes: number;
  /** Classified right without an attack, with the 95 % Wilson interval. */
  readonly natural: Proportion;
  /** Classified right without and under the attack; where there are quantized networks, in all of `ways`. */
  readonly robust?: Proportion;
  /** Under the attack alone, and under each that is added where there are quantized networks. */
  readonly ways?: readonly WayAccuracy[];
  /** Images a second, by the median time of a run. */
  readonly imagesPerSecond: number;
  /** Median time of a run, in milliseconds. */
  readonly milliseconds: number;
  /** Time of a run by the latency model, in milliseconds. */
  readonly predictedMilliseconds: number;
  /** Every convolution; empty for the dense network. */
  readonly layers: readonly LayerSummary[];
}

/** What a network says of an image. */
export interface Prediction {
  /** -1 where it gives no numbers. */
  readonly class: number;
  /** Of this class, by a softmax of the logits. */
  readonly probability: number;
}

/** An image that the dense network and the chosen one classify differently. */
export interface ChangedPrediction {
  /** Its place among the images, from 0. */
  readonly image: number;
  /** Its class by the data. */
  readonly label: number;
  /** By the dense network. */
  readonly dense: Prediction;
  /** By the chosen one. */
  readonly chosen: Prediction;
  /** The picture, of 224 pixels at most in height and width: the base64 of a PNG file. */
  readonly png: string;
}

/** Images that the dense network and the chosen one classify differently. */
export interface ChangedPredictions {
  /** How many. */
  readonly count: number;
  /** Of these, those that only the dense network gets right. */
  readonly lost: number;
  /** Of these, those that only the chosen one gets right. */
  readonly gained: number;
  /** Up to 12, where the probability of the dense network's class falls most. */
  readonly examples: readonly ChangedPrediction[];
}

/** Singular values of a layer, of all its channels together. */
export interface LayerSpectrum {
  /** Name of the layer. */
  readonly name: string;
  /** After how many kernels, ... */
  readonly kernels: readonly number[];
  /** ... which share of the layer's energy (or, calibrated, of its loss) is not kept: from 1 down to 0. */
  readonly lost: readonly number[];
}

/** The trade-off of one network: plain numbers, as `gdws sweep --report` writes them. */
export interface SweepReport {
  /** Version of the format. */
  readonly version: 1;
  /** Path of the model; `model` where it was given as bytes. */
  readonly model: string;
  /** Settings of the sweep, and the machine. */
  readonly settings: {
    /** Shares of the dense network's multiply-accumulates. */
    readonly budgets: readonly number[];
    /** Labelled images on which accuracy was measured. */
    readonly images: number;
    /** Images that the compression was calibrated on; 0 without calibration. */
    readonly calibrationImages: number;
    /** The attack that the calibration images were perturbed by. */
    readonly calibrationAttack?: AttackSettings;
    /** The attack under which accuracy was also measured. */
    readonly attack?: AttackSettings;
    /** Threads of a run that was timed. */
    readonly threads: number;
    /** Images of a run that was timed. */
    readonly batch: number;
    /** Share of the images that the chosen network may classify wrong beyond those of the dense one. */
    readonly within: number;
    /** Instruction set of the engine. */
    readonly instructionSet: string;
    /** Of the attack. */
    readonly seed: number;
  };
  /** The dense network first, then by method and budget. */
  readonly networks: readonly SweptNetwork[];
  /**
   * Place in `networks` of the chosen one: the fastest whose accuracy without an attack is at least that of the dense one less
   * `settings.within`.
   */
  readonly chosen: number;
  /** What changes with the chosen network; absent where it is the dense one. */
  readonly changed?: ChangedPredictions;
  /** Budgets that no network meets. */
  readonly unmet: readonly {
    /** Method of the missing network. */
    readonly method: SweepMethod;
    /** Its share of multiply-accumulates. */
    readonly budget: number;
    /** Why there is none, as a sentence. */
    readonly reason: string;
  }[];
  /** One for each layer that may be replaced. */
  readonly spectra: readonly LayerSpectrum[];
}
