import { GdwsError } from '../../base/errors';
import {
  boolean,
  callback,
  checkOptions,
  instanceOf,
  integer,
  number,
  object,
  oneOf,
  pickOptions,
  required,
  type OptionTable,
} from '../../base/options';
import { ImageSet } from '../../data/image-set';
import type { ModelProto } from '../../onnx/onnx_pb';
import { encodeModel } from '../../onnx/write';
import { compareOutcomes } from '../../robustness/comparison';
import { normalizationOption, type Normalization } from '../../robustness/normalized';
import type { AttackSettings } from '../../robustness/settings';
import { pairedDrop, type PairedDrop } from '../../robustness/statistics/paired-drop';
import { accuracyOf, type WayAccuracy } from '../../robustness/ways';
import type { Compression } from '../compression';
import { checkIntegerOptions, prepareOptions, type Goal, type PrepareOptions } from '../options';
import { prepareCompression } from '../prepare';
import type { NumberFormat } from '../summary';
import { checkOutcomeOptions, outcomesOf, type Outcomes } from './outcomes';
import { labelledBy, predictionsOf } from './predictions';
import { leastShare } from './search-share';
import { halves } from './split';

/** The accuracy that a compression may cost, and the images that measure it. */
export interface WithinDropOptions extends PrepareOptions {
  /** The most that accuracy may drop, as a share of the images: 0.01 is one point. 0 to 1. */
  readonly maxDrop: number;
  /** Labelled images. Half of them, drawn by the seed, are for the search; the other half for the report only. */
  readonly data: ImageSet;
  /**
   * Whether `data` has no labels (default false): an image is lost then where the class is another than the dense network's; of networks
   * that are no classifiers, where the output differs from the dense network's by more than a tenth of its deviation (root mean square).
   */
  readonly isUnlabelled?: boolean;
  /** Normalization that the network expects of its images. */
  readonly normalization?: Normalization;
  /**
   * Accuracy under this attack must stay within the drop, too; where there are quantized networks and it uses gradients, also under what
   * `evaluate` adds: the attack square, and for these networks the images made on the dense one.
   */
  readonly attack?: AttackSettings;
  /** Queries of this square (default 5000). */
  readonly squareQueries?: number;
  /** The budget to lower (default `macs`). */
  readonly budget?: 'macs' | 'params' | 'latency';
  /**
   * Whether the fastest network is searched for, in floats and quantized to 8 bits: `budget` is `latency` then, and `calibration` is
   * needed (default false).
   */
  readonly fastest?: boolean;
  /** Confidence of the upper bounds in the report (default 0.95). */
  readonly confidence?: number;
  /** Whether the drop's upper bound must be within `maxDrop`, and not only the drop on the images searched (default false). */
  readonly isSure?: boolean;
  /** Seed of the halves and of the attack (default 0). */
  readonly seed?: number;
  /** Called after each network that was tried. */
  onTrial?(trial: DropTrial): void;
}

const withinDropOptions: OptionTable<WithinDropOptions> = {
  ...prepareOptions,
  maxDrop: required(number({ from: 0, to: 1 }, 'a share')),
  data: required(instanceOf(ImageSet, 'an ImageSet, as readImages gives')),
  isUnlabelled: boolean,
  normalization: normalizationOption,
  attack: object,
  squareQueries: integer(1),
  budget: oneOf(['macs', 'params', 'latency']),
  fastest: boolean,
  confidence: number({ above: 0, below: 1 }, 'a share'),
  isSure: boolean,
  seed: integer(),
  onTrial: callback,
};

/** Drops of accuracy, from the dense network to another one. */
export interface Drops {
  /** Without an attack. */
  readonly natural: PairedDrop;
  /** Without an attack and under it, in all of `ways`; absent where there is none. */
  readonly robust?: PairedDrop;
  /** Accuracy of the other network under the attack alone, and under each that is added where there are quantized networks. */
  readonly ways?: readonly WayAccuracy[];
}

/** One network that was tried, on the images of the search. */
export interface DropTrial extends Drops {
  /** Share of the budget. */
  readonly share: number;
  /** Format of its numbers. */
  readonly format: NumberFormat;
  /** Whether every drop is within `maxDrop`: by its estimate, or where `isSure` by its upper bound. */
  readonly isWithin: boolean;
}

/** Drops on images that the search has not seen. */
export interface HeldOutDrops extends Drops {
  /**
   * Whether they are within `maxDrop`, by the criterion of the search (`isSure`). Where they are not, the search was too
   * optimistic on its own images.
   */
  readonly isWithin: boolean;
}

/** The network that was found. */
export interface WithinDrop {
  /** `undefined` where only the dense network is good enough. */
  readonly compression?: Compression;
  /** Share of the budget; 1 for the dense network. */
  readonly share: number;
  /** Format of its numbers. */
  readonly format: NumberFormat;
  /** In the order in which they were tried. */
  readonly trials: readonly DropTrial[];
  /** On images that the search has not seen. */
  readonly heldOut: HeldOutDrops;
}

/**
 * The network with the least budget, or the fastest one, whose accuracy, natural and under attack, is within a drop of the dense network's, on the half
 * of the images that is searched. `heldOut.isWithin` says whether it is on the other half, too.
 *
 * @throws GdwsError ARGUMENT_INVALID for options that make no sense or fewer than two images, BUDGET_OUT_OF_RANGE, in floats, for a
 *   model with no convolution that may be replaced, and what `compress` and
 *   `evaluate` throw
 */
export async function compressWithinDrop(
  source: string | Uint8Array | ModelProto,
  options: WithinDropOptions,
): Promise<WithinDrop> {
  checkOptions(options, withinDropOptions);
  checkCount(options.data);
  const { maxDrop, data, fastest = false, confidence = 0.95, isSure = false, seed = 0 } = options;
  const budget = fastest ? 'latency' : (options.budget ?? 'macs');
  const own = typeof source === 'string' || source instanceof Uint8Array;
  const dense = own ? source : encodeModel(source);
  const labelled = options.isUnlabelled ? labelledBy(await predictionsOf(dense, data, options), data) : data;
  const comparesOutputs = labelled === undefined;
  if (comparesOutputs && options.attack) {
    throw new GdwsError(
      'ARGUMENT_INVALID',
      'the model is no classifier: its output is not one row of logits an image.',
      {
        remedy: 'Leave out attack.',
      },
    );
  }
  const [searched, held] = halves(labelled ?? data, seed);
  const formats: readonly NumberFormat[] = fastest ? ['int8', 'float32'] : [options.int8 ? 'int8' : 'float32'];
  const hasQuantized = formats.includes('int8');
  checkIntegerOptions(options, hasQuantized);
  if (fastest && !options.calibration) {
    throw new GdwsError('ARGUMENT_INVALID', 'fastest needs images to quantize with.', {
      remedy: 'Give some hundred that are like those in use: calibration.',
    });
  }
  checkOutcomeOptions(options, { hasQuantized });
  const outcomes = (model: string | Uint8Array, images: ImageSet, ofDense?: Outcomes) =>
    outcomesOf(model, images, { ...options, comparesOutputs, seed }, { hasQuantized, dense: ofDense });
  const drops = (first: Outcomes, second: Outcomes): Drops => {
    const drop = (a: Uint8Array, b: Uint8Array) => {
      const { lost, gained } = compareOutcomes(a, b);
      return pairedDrop(lost, gained, a.length, confidence);
    };
    const natural = drop(first.natural, second.natural);
    if (!first.robust || !second.robust) return { natural };
    return { natural, robust: drop(first.robust, second.robust), ways: second.ways?.map(accuracyOf) };
  };

  const isWithin = ({ natural, robust }: Drops) =>
    [natural, robust].every((drop) => !drop || (isSure ? drop.atMost : drop.estimate) <= maxDrop);

  const prepared = await prepareCompression(source, pickOptions(prepareOptions, options));
  if (!hasQuantized) prepared.checkReplaceable();
  const expected = await outcomes(dense, searched);
  const trials: DropTrial[] = [];
  /** @param rival the share of the time that a network takes which is to be beaten */
  const search = async (format: NumberFormat, rival = 1): Promise<Candidate> => {
    const compressions = new Map<number, Compression>();
    /** Trials of the dense network, by what of it is in floats. */
    const unreplaced = new Map<string, DropTrial>();
    const attempt = async (value: number, goal?: Goal): Promise<boolean> => {
      const compression = await prepared.compress(goal, format).catch((error: unknown) => {
        if (error instanceof GdwsError && error.code === 'BUDGET_OUT_OF_RANGE') return undefined;
        throw error;
      });
      if (!compression) return false;
      // The same network for several shares.
      const { layers, quantization } = compression.summary;
      const isDense = layers.every(({ status }) => status === 'dense');
      const key = JSON.stringify(quantization?.inFloats);
      const found =
        (isDense ? unreplaced.get(key) : undefined) ??
        drops(expected, await outcomes(compression.bytes(), searched, expected));
      const trial = { ...found, share: value, format, isWithin: isWithin(found) };
      if (isDense) unreplaced.set(key, trial);
      if (trial.isWithin) compressions.set(value, compression);
      trials.push(trial);
      options.onTrial?.(trial);
      return trial.isWithin;
    };
    // A network of less time is worse, by all experience: where none of this time is good enough, none is faster.
    const beaten = Math.floor(100 * rival) / 100;
    if (beaten < 1 && !(beaten > 0 && (await attempt(beaten, { kind: budget, value: beaten }))))
      return { share: 1, format };
    const share = await leastShare((value) => attempt(value, { kind: budget, value }));
    // The whole budget, which is the network in floats or quantized.
    if (share === 1 && format === 'int8') await attempt(1);
    return { share, format, compression: compressions.get(share) };
  };
  const candidates: Candidate[] = [];
  for (const format of formats) {
    const { before = 0, after = 0 } = candidates[0]?.compression?.summary.time ?? {};
    candidates.push(await search(format, before > 0 ? after / before : 1));
  }
  const { share, format, compression } = candidates.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a));
  const before = await outcomes(dense, held);
  if (!compression)
    return { compression, share, format, trials, heldOut: { ...drops(before, before), isWithin: true } };
  const lost = drops(before, await outcomes(compression.bytes(), held, before));
  return { compression, share, format, trials, heldOut: { ...lost, isWithin: isWithin(lost) } };
}

/** The best network of a format. */
interface Candidate {
  readonly share: number;
  readonly format: NumberFormat;
  /** `undefined` where only the dense network in floats is good enough. */
  readonly compression?: Compression;
}

/** Milliseconds of a run, as measured layer by layer. */
function timeOf({ compression }: Candidate): number {
  return compression?.summary.time?.after ?? Infinity;
}

function checkCount({ length }: ImageSet): void {
  if (length < 2) {
    throw new GdwsError('ARGUMENT_INVALID', length === 1 ? 'there is only one image.' : 'there are no images.', {
      remedy: 'Give two at least: one to search with, one to report on.',
    });
  }
}
