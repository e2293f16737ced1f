import type { Normalization } from '../normalized';
import type { AttackSettings } from '../settings';
import type { ImagesFingerprint, ModelFingerprint } from './fingerprints';

/** All that the outcomes depend on: the same for all shards. */
export interface Conditions {
  /** Of gdws. */
  readonly version: string;
  readonly models: readonly ModelFingerprint[];
  /** Further models that are attacked. */
  readonly transferFrom?: readonly ModelFingerprint[];
  readonly data: ImagesFingerprint;
  readonly attack?: AttackSettings;
  readonly seed: number;
  readonly batch: number;
  readonly transfer?: boolean;
  readonly squareQueries?: number;
  readonly normalization?: Normalization;
  /** Kernels of different ones differ in their rounding. */
  readonly instructionSet: string;
  /** Sums are divided among threads. */
  readonly threads: number;
}

const sameOptions = 'Give all shards the same options, as in one run.';

/** What each is called, and how it is made the same. */
const kinds: { readonly [Name in keyof Conditions]-?: { readonly what: string; readonly remedy: string } } = {
  version: { what: 'version of gdws', remedy: 'Run all shards with one version.' },
  models: {
    what: 'models',
    remedy: 'Give all shards the same files, by the same paths and in the same order.',
  },
  transferFrom: {
    what: 'models of --transfer-from',
    remedy: 'Give all shards the same files, by the same paths and in the same order.',
  },
  data: { what: 'images or labels', remedy: 'Give all shards the same --data, --labels and --count.' },
  attack: { what: 'attack', remedy: sameOptions },
  seed: { what: '--seed', remedy: sameOptions },
  batch: { what: '--batch', remedy: sameOptions },
  transfer: { what: '--transfer', remedy: sameOptions },
  squareQueries: { what: '--queries', remedy: sameOptions },
  normalization: { what: 'mean and std', remedy: sameOptions },
  instructionSet: {
    what: 'instruction set',
    remedy: 'Results differ in their last digits. Set GDWS_MAX_ISA to what all processors have.',
  },
  threads: {
    what: 'number of threads',
    remedy: 'Results may differ in their last digits. Give all shards one --threads.',
  },
};

/** The first thing that two shards do not have in common, and how to get it. */
export function differenceOf(one: Conditions, other: Conditions): { what: string; remedy: string } | undefined {
  for (const name of Object.keys(kinds) as (keyof Conditions)[]) {
    const [own, theirs] = [one[name], other[name]].map((value) => JSON.stringify(value));
    if (own === theirs) continue;
    const { what, remedy } = kinds[name];
    const isShort = [own, theirs].every((text) => text === undefined || text.length < 100);
    return { what: isShort ? `${what} (${own ?? 'none'}, and ${theirs ?? 'none'})` : what, remedy };
  }
  return undefined;
}
