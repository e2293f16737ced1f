import { checkOptions, integer, listOf, number, oneOf, type OptionKind, type OptionTable } from '../base/options';
import { presets, type PresetName } from './presets';
import type { Fit, Recipe } from './recipe';

/** What is done to pictures before a network gets them. */
export interface Preprocessing extends Recipe {
  /** What holds where nothing else is given: a recipe by its name. docs/pictures.md lists them. */
  readonly preset?: PresetName;
}

/** Names of {@link Preprocessing.preset}. */
export const presetNames = Object.keys(presets) as PresetName[];
export const fits: readonly Fit[] = ['cover', 'contain', 'fill'];
export const orders: readonly NonNullable<Recipe['order']>[] = ['rgb', 'bgr'];

/** Height or width: bounded, since it may come from an untrusted model. */
const side = integer(1, 8192);
const isPair = listOf(side, '', 2);
const finite = number({ above: -Infinity, below: Infinity });
const perChannel = (kind: OptionKind, what: string): OptionKind => ({
  expected: `an array of ${what}, one or one for each channel`,
  type: 'object',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => kind.accepts(one)),
});

export const preprocessingOptions: OptionTable<Preprocessing> = {
  preset: oneOf(presetNames),
  range: { expected: '1 or 255', type: 'number', accepts: (value) => value === 1 || value === 255 },
  mean: perChannel(finite, 'numbers'),
  // Not so small that its inverse is infinite.
  std: perChannel(number({ from: 1e-30, below: Infinity }), 'numbers above 0'),
  order: oneOf(orders),
  fit: oneOf(fits),
  crop: number({ from: 0.01, to: 1 }, 'a share'),
  size: {
    expected: `${side.expected}, or height and width as [224, 224]`,
    type: 'number',
    accepts: (value) => side.accepts(value) || isPair.accepts(value),
  },
};

/**
 * The same with what its preset says.
 *
 * @throws GdwsError ARGUMENT_INVALID for values that make no sense
 */
export function withPreset(options: Preprocessing): Recipe {
  checkOptions(options, preprocessingOptions, 'preprocessing');
  const { preset, ...own } = options;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { ...(preset && presets[preset]), ...given };
}

/**
 * What a network expects to be subtracted from pixels from 0 to 1, and divided by: the `normalization` that {@link evaluate},
 * {@link compress} and others take; `undefined` where it takes them as they are.
 *
 * @example
 * const normalization = normalizationOf({ preset: 'torchvision' });
 * @throws GdwsError ARGUMENT_INVALID
 */
export function normalizationOf(preprocessing: Preprocessing): Required<Pick<Recipe, 'mean' | 'std'>> | undefined {
  const { range = 1, mean, std } = withPreset(preprocessing);
  if (range === 1 && !mean && !std) return undefined;
  const scaled = (values: readonly number[]) => values.map((value) => value / range);
  return { mean: scaled(mean ?? [0]), std: scaled(std ?? [1]) };
}

/** Height and width that are given. */
export function sizeIn({ size }: Pick<Recipe, 'size'>): readonly [height: number, width: number] | undefined {
  return typeof size === 'number' ? [size, size] : size;
}
