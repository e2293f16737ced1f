import type { LayerSummary } from '../compress/summary';
import type { AttackSettings } from '../robustness/settings';
import type { Proportion } from '../robustness/statistics/wilson';

/** How a network of a sweep was made: not at all, by calibration or weights over one budget, or by the paper's one β. */
export type SweepMethod = 'dense' | 'gdws' | 'paper';

/** One network of a sweep. */
export interface SweptNetwork {
  /** How it was made. */
  readonly method: SweepMethod;
  /** Share of the dense network's multiply-accumulates that it may keep; 1 for the dense network. */
  readonly budget: number;
  /** Multiply-accumulates of one run. */
  readonly macs: number;
  /** Weights of its Conv, ConvTranspose, Gemm and MatMul, without biases. */
  readonly params: number;
  /** Of the model file. */
  readonly bytes: number;
  /** Classified right without an attack, with the 95 % Wilson interval. */
  readonly natural: Proportion;
  /** Classified right without and under the attack. */
  readonly robust?: Proportion;
  /** Images a second, by the median time of a run. */
  readonly imagesPerSecond: number;
  /** Median time of a run, in milliseconds. */
  readonly milliseconds: number;
  /** What the latency model says that a run takes, in milliseconds. */
  readonly predictedMilliseconds: number;
  /** Every convolution; absent of the dense network. */
  readonly layers: readonly LayerSummary[];
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
  /** Of this form. */
  readonly version: 1;
  /** Path of the model; `model` where it was given as bytes. */
  readonly model: string;
  /** What the sweep was asked for, and what it ran on. */
  readonly settings: {
    /** Shares of the dense network's multiply-accumulates. */
    readonly budgets: readonly number[];
    /** Labelled images that accuracy was counted on. */
    readonly images: number;
    /** Images that the compression was calibrated on; 0 where it saw the weights alone. */
    readonly calibrationImages: number;
    /** The attack that the calibration images were perturbed by. */
    readonly calibrationAttack?: AttackSettings;
    /** The attack that accuracy was counted under, too. */
    readonly attack?: AttackSettings;
    /** Threads of a run that was timed. */
    readonly threads: number;
    /** Images of a run that was timed. */
    readonly batch: number;
    /** Instruction set of the engine. */
    readonly instructionSet: string;
    /** Of the attack. */
    readonly seed: number;
  };
  /** The dense network first, then by method and budget. */
  readonly networks: readonly SweptNetwork[];
  /** Budgets that no network meets. */
  readonly unmet: readonly {
    /** How a network was to be made. */
    readonly method: SweepMethod;
    /** The share of multiply-accumulates that it was to keep. */
    readonly budget: number;
    /** Why there is none, as a sentence. */
    readonly reason: string;
  }[];
  /** Of every layer that may be replaced. */
  readonly spectra: readonly LayerSpectrum[];
}
