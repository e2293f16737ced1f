import { GdwsError } from '../base/errors';
import { callback, checkOptions, integer, number, signal as signalOption, type OptionTable } from '../base/options';
import { describe, ratio, type Distribution, type Ratio } from './statistics';

/** A piece of work that is timed against others. */
export interface Contestant {
  /** Its unique name in the result. */
  readonly name: string;
  /** Does the work once. A promise is awaited within the time. */
  readonly run: () => unknown;
}

/** How long contestants are timed, and how a sample is taken. */
export interface MeasureOptions {
  /** Milliseconds that rounds may take in all, warm-up not counted. Default 2000. */
  budget?: number;
  /** Rounds that are run and not counted. Default 1. */
  warmUpRounds?: number;
  /** Rounds that are run even beyond the budget. Default 5. */
  minRounds?: number;
  /** Rounds at most. Default 1000. */
  maxRounds?: number;
  /** Milliseconds one sample should last at least; a faster contestant is called several times for it. Default 1. */
  minSample?: number;
  /**
   * Calls before each sample that are not counted. They bring the contestant's data back into the caches. Default 1.
   */
  settlingCalls?: number;
  /** Awaited before the settling calls of each sample; nothing by default. A wait here lets other engines' threads stop spinning. */
  rest?: () => unknown;
  /** Stops between two samples with `ABORTED`. */
  signal?: AbortSignal;
  /** Called after each round with the fraction done, 0 to 1. */
  onProgress?: (done: number) => void;
  /** Milliseconds since any fixed moment. Default `performance.now`. */
  clock?: () => number;
}

const measureOptions: OptionTable<MeasureOptions> = {
  budget: number({ from: 0 }),
  warmUpRounds: integer(),
  minRounds: integer(),
  maxRounds: integer(1),
  minSample: number({ from: 0 }),
  settlingCalls: integer(),
  rest: callback,
  signal: signalOption,
  onProgress: callback,
  clock: callback,
};

/** Times of one contestant. */
export interface Measurement {
  /** Name of the contestant. */
  readonly name: string;
  /** Milliseconds a call, one for each round. */
  readonly samples: readonly number[];
  /** How many calls each sample is the mean of. */
  readonly callsPerSample: number;
  /** Of `samples`, in milliseconds. */
  readonly time: Distribution;
}

/** Result of a measurement of several contestants. */
export interface Comparison {
  /** Rounds that were counted. */
  readonly rounds: number;
  /** In the order of the contestants. */
  readonly measurements: readonly Measurement[];
  /**
   * The time of `first` as a multiple of the time of `second`; below 1 where `first` is faster.
   *
   * @throws GdwsError ARGUMENT_INVALID for a name that no contestant has
   */
  ratio(first: string, second: string): Ratio;
}

/**
 * Times contestants in turn (A B A B ...), so that other load of the machine affects all alike: ratios are more reliable than
 * absolute times. Rounds are run until the budget is spent, with a minimum and a maximum.
 *
 * @throws GdwsError ARGUMENT_INVALID without contestants, for two of one name, or for options that make no sense; ABORTED; and
 *   what a contestant throws
 */
export async function measureInterleaved(
  contestants: readonly Contestant[],
  options: MeasureOptions = {},
): Promise<Comparison> {
  checkOptions(options, measureOptions);
  const { budget, warmUpRounds, minRounds, maxRounds, minSample, settlingCalls, rest, signal, onProgress, clock } = {
    ...defaults,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  } as typeof defaults & MeasureOptions;
  check(contestants, minRounds, maxRounds);

  const timed = async (contestant: Contestant, calls: number): Promise<number> => {
    if (signal?.aborted) throw new GdwsError('ABORTED', 'the measurement was aborted.', { cause: signal.reason });
    const begin = clock();
    for (let call = 0; call < calls; ++call) await contestant.run();
    return clock() - begin;
  };

  // By the shortest call, so that a slow first one (page faults, lazy set-up) does not make the samples too short.
  const shortest = contestants.map(() => Infinity);
  for (let round = 0; round < Math.max(1, warmUpRounds); ++round) {
    for (const [index, contestant] of contestants.entries()) {
      shortest[index] = Math.min(shortest[index]!, await timed(contestant, 1));
    }
  }
  const calls = shortest.map((time) => Math.min(maxCalls, Math.max(1, Math.ceil(minSample / time))));

  const samples = contestants.map((): number[] => []);
  const begin = clock();
  let rounds = 0;
  while (rounds < maxRounds) {
    const spent = clock() - begin;
    // A round that would probably exceed the budget is not started.
    if (rounds >= minRounds && spent + spent / rounds > budget) break;
    for (const [index, contestant] of contestants.entries()) {
      await rest?.();
      if (settlingCalls > 0) await timed(contestant, settlingCalls);
      samples[index]!.push((await timed(contestant, calls[index]!)) / calls[index]!);
    }
    ++rounds;
    const ofBudget = budget > 0 ? (clock() - begin) / budget : 1;
    onProgress?.(Math.min(1, Math.max(rounds / maxRounds, Math.min(ofBudget, rounds / Math.max(1, minRounds)))));
  }
  onProgress?.(1);
  return comparison(contestants, samples, calls);
}

const defaults = {
  budget: 2000,
  warmUpRounds: 1,
  minRounds: 5,
  maxRounds: 1000,
  minSample: 1,
  settlingCalls: 1,
  clock: (): number => performance.now(),
};

/** Limits the calls of a sample where the clock does not advance. */
const maxCalls = 10_000;

function comparison(contestants: readonly Contestant[], samples: number[][], calls: number[]): Comparison {
  const measurements = contestants.map(({ name }, index): Measurement => ({
    name,
    samples: samples[index]!,
    callsPerSample: calls[index]!,
    time: describe(samples[index]!),
  }));
  const samplesOf = (name: string): readonly number[] => {
    const measurement = measurements.find((one) => one.name === name);
    if (!measurement) throw new GdwsError('ARGUMENT_INVALID', `nothing named '${name}' was measured.`);
    return measurement.samples;
  };
  return {
    rounds: samples[0]!.length,
    measurements,
    ratio: (first, second) => ratio(samplesOf(first), samplesOf(second)),
  };
}

function check(contestants: readonly Contestant[], minRounds: number, maxRounds: number): void {
  const refuse = (summary: string): never => {
    throw new GdwsError('ARGUMENT_INVALID', summary);
  };
  if (contestants.length === 0) refuse('there is nothing to measure.');
  if (new Set(contestants.map(({ name }) => name)).size < contestants.length) refuse('two contestants have one name.');
  if (maxRounds < minRounds) refuse(`maxRounds is ${maxRounds}, less than minRounds, ${minRounds}.`);
}
