import { GdwsError } from '../../base/errors';
import { checkOptions, integer, listOf, number, object, required, text, type OptionKind } from '../../base/options';
import type { Evaluation, NaturalEvaluation } from '../evaluation';
import type { Passes } from '../queries';
import type { WayReport } from '../ways';

/** What was found on consecutive images, as plain data: of each image, 1 or 0 in a text, and counts. */
export interface Outcomes {
  /** Number of the first of these images, from 0 on. */
  readonly first: number;
  /** How many these are. */
  readonly images: number;
  /** How many there are in all. */
  readonly total: number;
  /** Of each candidate; none without images. */
  readonly models: readonly ModelOutcomes[];
  /** Every ordered pair of candidates, where images were tried on others; absent without an attack. */
  readonly transfers?: readonly TransferCounts[];
}

/** Outcomes of one classifier. */
export interface ModelOutcomes {
  /** Name of the candidate. */
  readonly name: string;
  /** '1' for each image classified right without an attack. */
  readonly correct: string;
  /** '1' for each image still classified right after all attacks; absent without one. */
  readonly standing?: string;
  /** The same for each way; absent without an attack. */
  readonly ways?: readonly WayOutcomes[];
  /** How often images went through the network. */
  readonly passes: Passes;
  /** Time of the candidate. */
  readonly seconds: number;
}

/** Outcomes under one of the attacks. */
export interface WayOutcomes extends Pick<WayReport, 'attack' | 'norm' | 'madeOn'> {
  /** '1' for each image still classified right. */
  readonly standing: string;
}

/** Numbers of images that were made on one classifier and given to another. */
export interface TransferCounts {
  /** Name of the candidate that was attacked. */
  readonly madeOn: string;
  /** Name of the candidate that was given the images. */
  readonly triedOn: string;
  /** Images that the other gets right without an attack and with these images. */
  readonly robust: number;
  /** Images that both get right and that break the first. */
  readonly shared: number;
  /** Of those, the images that break the other. */
  readonly transferred: number;
}

/** The outcomes of an evaluation of `images` images. */
export function outcomesOf(
  found: Evaluation | NaturalEvaluation,
  first: number,
  images: number,
  total: number,
): Outcomes {
  const { candidates, transfers } = found as NaturalEvaluation & Partial<Evaluation>;
  return {
    ...{ first, images, total },
    models: (candidates as Evaluation['candidates']).map(({ name, correct, standing, ways, passes, seconds }) => ({
      name,
      correct: digits(correct),
      // Absent without an attack.
      standing: (standing as Uint8Array | undefined) && digits(standing),
      ways: (ways as readonly WayReport[] | undefined)?.map(({ attack, norm, madeOn, standing: left }) => ({
        ...{ attack, norm, madeOn, standing: digits(left) },
      })),
      passes,
      seconds,
    })),
    transfers: transfers?.map(({ madeOn, triedOn, robust, transferred }) => ({
      ...{ madeOn, triedOn, robust: robust.successes },
      ...{ shared: transferred.trials, transferred: transferred.successes },
    })),
  };
}

function digits(outcomes: Uint8Array): string {
  return Array.from(outcomes, String).join('');
}

/** The outcomes in a text of {@link Outcomes}. */
export function fromDigits(text: string): Uint8Array {
  return Uint8Array.from(text, Number);
}

/**
 * Joins outcomes of images that follow each other.
 *
 * @param first number of the first image
 * @param total number of all images
 * @throws {GdwsError} ARGUMENT_INVALID where they do not follow each other, or are of different classifiers or attacks
 */
export function joined(parts: readonly Outcomes[], first: number, total: number): Outcomes {
  const filled = parts.filter(({ images }) => images > 0);
  let end = first;
  for (const part of filled) {
    if (part.first !== end || part.total !== total) {
      throw new GdwsError(
        'ARGUMENT_INVALID',
        `outcomes of image ${part.first} of ${part.total} follow ${end} of ${total}.`,
        {
          remedy: 'Give those of all images, each once.',
        },
      );
    }
    if (kindsOf(part) !== kindsOf(filled[0]!)) {
      throw new GdwsError(
        'ARGUMENT_INVALID',
        `outcomes from image ${part.first} on are of other classifiers or attacks.`,
        {
          remedy: 'Evaluate all images in the same way.',
        },
      );
    }
    end += part.images;
  }
  if (filled.length === 0) return { first, images: 0, total, models: [] };
  const [{ models, transfers }] = filled as [Outcomes];
  const all = <Key extends 'correct' | 'standing'>(model: number, key: Key) =>
    filled.map((part) => part.models[model]![key]).join('');
  const sum = (of: (part: Outcomes) => number): number => filled.reduce((total, part) => total + of(part), 0);
  return {
    ...{ first, images: end - first, total },
    models: models.map(({ name, standing, ways }, model) => ({
      name,
      correct: all(model, 'correct'),
      standing: standing === undefined ? undefined : all(model, 'standing'),
      ways: ways?.map(({ attack, norm, madeOn }, way) => ({
        ...{ attack, norm, madeOn },
        standing: filled.map((part) => part.models[model]!.ways![way]!.standing).join(''),
      })),
      passes: {
        forward: sum((part) => part.models[model]!.passes.forward),
        backward: sum((part) => part.models[model]!.passes.backward),
      },
      seconds: sum((part) => part.models[model]!.seconds),
    })),
    transfers: transfers?.map(({ madeOn, triedOn }, pair) => ({
      ...{ madeOn, triedOn },
      robust: sum((part) => part.transfers![pair]!.robust),
      shared: sum((part) => part.transfers![pair]!.shared),
      transferred: sum((part) => part.transfers![pair]!.transferred),
    })),
  };
}

/** What was evaluated, and how, as a text. */
function kindsOf({ models, transfers }: Outcomes): string {
  return JSON.stringify([
    models.map(({ name, standing, ways }) => [
      name,
      standing === undefined,
      ways?.map(({ attack, norm, madeOn }) => [attack, norm, madeOn]),
    ]),
    transfers?.map(({ madeOn, triedOn }) => [madeOn, triedOn]),
  ]);
}

const count = integer(0);
const seconds = required(number({ from: 0, below: Infinity }));
const digitsOf = (images: number): OptionKind => ({
  expected: `a text of ${images} digits 0 and 1`,
  type: 'string',
  accepts: (value) => typeof value === 'string' && value.length === images && /^[01]*$/.test(value),
});

/**
 * Checks data that are said to be outcomes.
 *
 * @throws {GdwsError} ARGUMENT_INVALID
 */
export function checkOutcomes(outcomes: Outcomes): void {
  const objects = listOf(object, 'an array of objects');
  checkOptions(outcomes, {
    ...{ first: required(count), images: required(count), total: required(count) },
    ...{ models: required(objects), transfers: objects },
  });
  const ofImages = digitsOf(outcomes.images);
  for (const model of outcomes.models) {
    checkOptions(model, {
      ...{ name: required(text), correct: required(ofImages), standing: ofImages, ways: objects },
      ...{ passes: required(object), seconds },
    });
    checkOptions(model.passes, { forward: required(count), backward: required(count) });
    for (const way of model.ways ?? []) {
      checkOptions(way, { attack: required(text), norm: text, madeOn: text, standing: required(ofImages) });
    }
  }
  for (const transfer of outcomes.transfers ?? []) {
    checkOptions(transfer, {
      ...{ madeOn: required(text), triedOn: required(text) },
      ...{ robust: required(count), shared: required(count), transferred: required(count) },
    });
  }
}
