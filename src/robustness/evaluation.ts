import type { AttackOptions } from './attack';
import type { Classifier, LogitsClassifier } from './classifier';
import type { OutcomeComparison } from './comparison';
import type { Passes } from './queries';
import type { AttackSettings } from './settings';
import type { Proportion } from './statistics/wilson';
import type { WayReport } from './ways';

/** A classifier and its name in reports. */
export interface Candidate {
  /** Its name in reports. */
  readonly name: string;
  /** The classifier to attack and evaluate. */
  readonly classifier: Classifier;
}

/** A classifier that is evaluated without an attack. */
export interface NaturalCandidate {
  /** Its name in reports. */
  readonly name: string;
  /** The classifier to evaluate. */
  readonly classifier: LogitsClassifier;
}

/** Options of an evaluation, besides the attack. */
export interface EvaluateOptions extends Omit<AttackOptions, 'onProgress'> {
  /** Whether images made on each classifier are also tried on the others (default false). */
  readonly transfer?: boolean;
  /**
   * Further classifiers that are attacked; every candidate must withstand the images made on them, too. For a quantized candidate,
   * the candidates that are not quantized are among them by themselves.
   */
  readonly transferFrom?: readonly NaturalCandidate[];
  /**
   * Queries of the attack square, which all candidates must withstand besides an attack by gradients if one of them is quantized
   * (default 5000).
   */
  readonly squareQueries?: number;
  /** Called after every pass through a network. */
  onProgress?(progress: EvaluationProgress): void;
}

/** Progress of an evaluation. */
export interface EvaluationProgress {
  /** Name of the classifier at work. */
  readonly classifier: string;
  /** Name of the attack; absent without one. */
  readonly attack?: AttackSettings['attack'];
  /** Its images that are done. */
  readonly done: number;
  /** All of its images. */
  readonly total: number;
  /** Number of done images that it gets wrong, attacked or not. */
  readonly broken: number;
  /** Of this classifier so far. */
  readonly passes: Passes;
  /** Images of this classifier per second, on average so far. */
  readonly imagesPerSecond: number;
}

/** Accuracy of one classifier. */
export interface NaturalReport {
  /** Name of the candidate. */
  readonly name: string;
  /** Share classified right without an attack. */
  readonly natural: Proportion;
  /** 1 for each image classified right without an attack. */
  readonly correct: Uint8Array;
  /** How often images went through the network. */
  readonly passes: Passes;
  /** Total time of the candidate. */
  readonly seconds: number;
  /** All images by `seconds`. */
  readonly imagesPerSecond: number;
}

/** Accuracy of one classifier, natural and under the attack. */
export interface CandidateReport extends NaturalReport {
  /** Share classified right without an attack and after it; of several ways, after each of them. */
  readonly robust: Proportion;
  /** 1 for each image still classified right after all of them. */
  readonly standing: Uint8Array;
  /** The perturbed images (N x C x H x W) of the first way that breaks each; see {@link AttackResult.images}. */
  readonly images: Float32Array;
  /** The attack that was asked for, and others that must be withstood: see `EvaluateOptions.transferFrom` and `squareQueries`. */
  readonly ways: readonly WayReport[];
}

/** How two classifiers differ without an attack, point by point. */
export interface NaturalComparison {
  /** Name of the first candidate. */
  readonly from: string;
  /** Name of the other candidate. */
  readonly to: string;
  /** Without an attack. */
  readonly natural: OutcomeComparison;
}

/** How two classifiers differ, point by point. */
export interface CandidateComparison extends NaturalComparison {
  /** Without an attack and after it. */
  readonly robust: OutcomeComparison;
}

/** Result of images that were made on one classifier and given to another. */
export interface Transfer {
  /** Name of the candidate that was attacked. */
  readonly madeOn: string;
  /** Name of the candidate that was given the images. */
  readonly triedOn: string;
  /** Share that the other classifier gets right without an attack and with these images. */
  readonly robust: Proportion;
  /** Of the images that both get right and that break the first, the share that break the other. */
  readonly transferred: Proportion;
}

/** Result of an evaluation. */
export interface Evaluation {
  /** A report of each, in the order given. */
  readonly candidates: readonly CandidateReport[];
  /** The first candidate against each other one. */
  readonly comparisons: readonly CandidateComparison[];
  /** Every ordered pair, if asked for. */
  readonly transfers: readonly Transfer[];
}

/** Result of an evaluation without an attack. */
export interface NaturalEvaluation {
  /** A report of each, in the order given. */
  readonly candidates: readonly NaturalReport[];
  /** The first candidate against each other one. */
  readonly comparisons: readonly NaturalComparison[];
}
