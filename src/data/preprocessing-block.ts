import { create } from '@bufbuild/protobuf';
import { GdwsError } from '../base/errors';
import { checkOptions } from '../base/options';
import { StringStringEntryProtoSchema, type ModelProto } from '../onnx/onnx_pb';
import { preprocessingOptions } from './preprocessing';
import type { Recipe } from './recipe';

/** The key of a model's metadata. */
const key = 'gdws.preprocessing';

/** Characters that are read: a block that is not hostile has some hundred. */
const mostCharacters = 4096;

/**
 * What a model's file says that the network expects of pictures, as {@link compress} writes it where it is told; `undefined` where it
 * says nothing.
 *
 * @param session any session, or the metadata of a model
 * @example
 * const input = await imageTensor('photo.jpg', preprocessingOf(session));
 * @throws GdwsError MODEL_INVALID where what it says makes no sense
 */
export function preprocessingOf(
  { customMetadata }: { readonly customMetadata: Readonly<Record<string, string>> },
  file?: string,
): Recipe | undefined {
  const block = Object.hasOwn(customMetadata, key) ? customMetadata[key]! : undefined;
  if (block === undefined) return undefined;
  try {
    if (block.length > mostCharacters) throw new RangeError(`it has ${block.length} characters.`);
    const recipe = JSON.parse(block) as Recipe;
    // What a preset says may change with the version; a block says it itself.
    const { preset, ...table } = preprocessingOptions;
    void preset;
    checkOptions(recipe, table, key);
    return recipe;
  } catch (cause) {
    const why = cause instanceof GdwsError ? cause.summary : (cause as Error).message;
    throw new GdwsError('MODEL_INVALID', `what the model's metadata say of preprocessing makes no sense: ${why}`, {
      file,
      remedy: 'Give a recipe of your own: options in the API, a preset on the command line, as --preset unit.',
      cause,
    });
  }
}

/** A model's metadata with a recipe in them, in place of an earlier one. */
export function metadataWith({ metadataProps }: ModelProto, recipe: Recipe): ModelProto['metadataProps'] {
  const others = metadataProps.filter((entry) => entry.key !== key);
  return [...others, create(StringStringEntryProtoSchema, { key, value: JSON.stringify(recipe) })];
}
