import { InvalidArgumentError, Option, type Command } from 'commander';
import { GdwsError } from '../base/errors';
import { fits, orders, presetNames, withPreset } from '../data/preprocessing';
import { preprocessingOf } from '../data/preprocessing-block';
import { presets, type PresetName } from '../data/presets';
import type { Recipe } from '../data/recipe';
import { readMetadata } from '../onnx/read';
import { share } from './arguments';
import { firstGiven } from './dependent-options';
import { note } from './output';

/** What a network expects of pictures, as it is given. */
export interface PreprocessingArguments {
  readonly preset?: PresetName;
  readonly mean?: number[];
  readonly std?: number[];
  readonly range?: 1 | 255;
  readonly order?: Recipe['order'];
  readonly fit?: Recipe['fit'];
  readonly crop?: number;
}

export function addPreprocessingOptions(command: Command): Command {
  const preset = new Option(
    '--preset <name>',
    'the usual recipe for pictures, of which the options below change parts: docs/pictures.md',
  );
  return addRecipeOptions(command.addOption(preset.choices(presetNames)));
}

/** All but the preset. */
export function addRecipeOptions(command: Command): Command {
  return command
    .option('--mean <numbers>', 'mean that the model expects to be subtracted, one or one a channel', channelNumbers)
    .option('--std <numbers>', 'deviation that it expects to be divided by', deviations)
    .option('--range <white>', 'what white is before that: 1 (the default) or 255', rangeOf)
    .addOption(
      new Option('--order <channels>', 'which of three channels is the first: rgb (the default), bgr').choices(orders),
    )
    .addOption(
      new Option(
        '--fit <way>',
        'how pictures are fitted to a size: cover it (the default), contain them in it, or fill it',
      ).choices(fits),
    )
    .option('--crop <share>', 'with cover: share of the scaled picture that is taken, as 0.875 (default 1)', share);
}

/** The first of these options that is given, if any. */
export function givenPreprocessing(given: PreprocessingArguments): string | undefined {
  const { preset, mean, std, range, order, fit, crop } = given;
  return firstGiven({
    ...{ '--preset': preset, '--mean': mean, '--std': std, '--range': range },
    ...{ '--order': order, '--fit': fit, '--crop': crop },
  });
}

/**
 * What is done to images: what is given, and for the rest the preset, or without one what the files of the models say.
 *
 * @throws GdwsError ARGUMENT_INVALID, also where models differ; MODEL_INVALID where a file says what makes no sense
 */
export async function recipeFor(given: PreprocessingArguments, models: readonly string[]): Promise<Recipe> {
  const said = given.preset === undefined ? await saidBy(models) : undefined;
  if (said) note(`images are taken as ${said.file} says: ${describeRecipe(said.recipe)}`);
  return recipeOf(given, said?.recipe);
}

/**
 * What is given, and for the rest the preset, or without one what a model's file says. Where numbers are given (range, mean, std), none of
 * them are from the file.
 *
 * @param isForMap whether the network gives a map of the whole picture: it is stretched then, unless something else is given
 * @throws GdwsError ARGUMENT_INVALID
 */
export function recipeOf(given: PreprocessingArguments, said: Recipe = {}, isForMap = false): Recipe {
  const { preset, mean, std, range, order, fit, crop } = given;
  const own = withPreset({ mean, std, range, order, fit, crop });
  const usual =
    preset === undefined
      ? without(said, (own.range ?? own.mean ?? own.std) === undefined ? [] : numbers)
      : presets[preset];
  if (!isForMap) return { ...usual, ...own };
  const whole: Recipe = { fit: own.crop === undefined ? 'fill' : 'cover', ...without(usual, ['crop', 'size']) };
  return { ...whole, ...own };
}

const numbers = ['range', 'mean', 'std'] as const;

function without(recipe: Recipe, names: readonly (keyof Recipe)[]): Recipe {
  return Object.fromEntries(Object.entries(recipe).filter(([name]) => !names.includes(name as keyof Recipe)));
}

/** A recipe in words. */
export function describeRecipe({ range = 1, mean, std, order, fit = 'cover', crop, size }: Recipe): string {
  return [
    `0 to ${range}`,
    ...(mean ? [`mean ${mean.join(' ')}`] : []),
    ...(std ? [`std ${std.join(' ')}`] : []),
    ...(order === 'bgr' ? ['blue first'] : []),
    crop !== undefined && crop < 1 && fit === 'cover' ? `${fit} ${crop}` : fit,
    ...(size === undefined ? [] : [typeof size === 'number' ? `${size}×${size}` : size.join('×')]),
  ].join(', ');
}

async function saidBy(models: readonly string[]): Promise<{ file: string; recipe: Recipe } | undefined> {
  let found: { file: string; recipe: Recipe } | undefined;
  for (const file of new Set(models)) {
    const recipe = preprocessingOf({ customMetadata: await readMetadata(file) }, file);
    if (!recipe) continue;
    if (found && describeRecipe(found.recipe) !== describeRecipe(recipe)) {
      throw new GdwsError('ARGUMENT_INVALID', `its file says other things of pictures than that of ${found.file}.`, {
        file,
        remedy: 'Say what all get, as --preset torchvision.',
      });
    }
    found ??= { file, recipe };
  }
  return found;
}

function channelNumbers(text: string): number[] {
  const parts = text.split(',');
  const numbers = parts.map(Number);
  // Of nothing, Number makes 0.
  if (parts.some((part) => part.trim() === '') || !numbers.every(Number.isFinite)) {
    throw new InvalidArgumentError(`'${text}' is not a number, or numbers with commas between them.`);
  }
  return numbers;
}

function deviations(text: string): number[] {
  const numbers = channelNumbers(text);
  if (numbers.some((number) => number <= 0)) throw new InvalidArgumentError(`std is ${text}, and must be above 0.`);
  return numbers;
}

function rangeOf(text: string): 1 | 255 {
  if (text === '1' || text === '255') return Number(text) as 1 | 255;
  throw new InvalidArgumentError(`'${text}' is neither 1 nor 255.`);
}
