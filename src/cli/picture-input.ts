import path from 'node:path';
import { GdwsError, located } from '../base/errors';
import { placedTensor, type PlacedTensor } from '../data/image-tensor';
import { axesOf, recipeOfType, type PictureAxes } from '../data/picture-axes';
import type { Layout } from '../data/layout';
import { pictureExtensions } from '../data/picture';
import type { Size } from '../data/placement';
import { sizeIn } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import type { InferenceSession } from '../engine/session';
import type { DataType } from '../onnx/value';
import { formatShape } from '../base/format';
import { describeRecipe } from './preprocessing-options';

/** How pictures become inputs. */
export interface PictureOptions {
  readonly recipe: Recipe;
  /** Where the recipe is from, in words. */
  readonly origin: string;
  /** Height and width that were asked for, where the recipe has others. */
  readonly size?: Size;
  readonly layout?: Layout;
}

/** A picture as an input of a model. */
export interface PictureInput extends PlacedTensor {
  readonly layout: Layout;
  /** What was done to it. */
  readonly note: string;
}

/** Whether a file is a picture, by its name: also of those that sharp may not read, which it says. */
export function isPicture(file: string): boolean {
  const extension = path.extname(file).toLowerCase();
  return pictureExtensions.has(extension) || otherExtensions.has(extension);
}

const otherExtensions: ReadonlySet<string> = new Set(['.bmp', '.heic', '.heif', '.jxl', '.svg']);

/**
 * A picture as an input of a model takes it.
 *
 * @throws GdwsError SHAPE_MISMATCH where the input takes no picture, or not one; TYPE_MISMATCH, DATA_UNREADABLE, DEPENDENCY_MISSING,
 *   ARGUMENT_INVALID
 */
export async function readPictureInput(
  session: InferenceSession,
  name: string,
  file: string,
  options: PictureOptions,
): Promise<PictureInput> {
  const metadata = session.inputMetadata.find((one) => one.name === name);
  const shape = metadata?.isTensor ? metadata.shape : [];
  const declared = (metadata?.isTensor ? metadata.type : 'float32') as DataType;
  try {
    const axes = axesOf(shape, options.layout);
    const { layout, channels } = axes;
    const { size: usual, ...recipe } = recipeOfType(options.recipe, declared);
    const type = declared === 'uint8' || declared === 'float16' || declared === 'float64' ? declared : 'float32';
    const placed = await placedTensor(file, { ...recipe, channels, layout, type }, (picture) =>
      sizeFor(picture, axes, options.size, sizeIn({ size: usual })),
    );
    const { tensor, picture, size, recipe: used } = placed;
    const fitting = tensor.reshape(tensor.dims.slice(-shape.length));
    const became = `${formatShape(picture)} became ${formatShape(size)}${channels === 1 ? ' in grey' : ''}`;
    const note = `input '${name}': ${file}, ${became}: ${describeRecipe(used)} (${options.origin})`;
    return { ...placed, tensor: fitting, layout, note };
  } catch (error) {
    throw located(error, { file, tensor: name, shape: shape.map((dim) => (dim === '' ? '?' : dim)) });
  }
}

/**
 * The size of a picture once it is an input; the picture's own where nothing says another.
 *
 * @param asked what was asked for
 * @param usual what the recipe says
 * @throws GdwsError ARGUMENT_INVALID where the model takes another size than that which was asked for
 */
function sizeFor(
  picture: Size,
  { extent }: PictureAxes,
  asked: Size | undefined,
  usual: Size | undefined,
): Size | undefined {
  const [height, width] = extent.map((dim, axis) => (typeof dim === 'number' ? dim : asked?.[axis]));
  if (asked && (asked[0] !== height || asked[1] !== width)) {
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `--size is ${formatShape(asked)}, and the model takes ${formatShape(extent)}.`,
      {
        remedy: 'Leave --size out.',
      },
    );
  }
  if (height === undefined && width === undefined) return usual;
  // Where one is open, the picture keeps its shape.
  const other = (side: number, one: number, of: number) => Math.max(1, Math.round((side * one) / of));
  return [height ?? other(width!, picture[0], picture[1]), width ?? other(height!, picture[1], picture[0])];
}
