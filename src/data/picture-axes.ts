import { GdwsError } from '../base/errors';
import { isFloat } from '../onnx/floats';
import type { DataType } from '../onnx/value';
import type { Layout } from './layout';
import type { Recipe } from './recipe';

/** Whole numbers are bytes, unless it is said that they are not. */
export function recipeOfType(recipe: Recipe, type: DataType): Recipe {
  if (isFloat(type)) return recipe;
  if (type === 'uint8' || type === 'int32' || type === 'int64') return { range: 255, ...recipe };
  throw new GdwsError('TYPE_MISMATCH', `the model takes ${type}, which pictures are not made into.`, {
    remedy: 'Give an array, as a file .npy.',
  });
}

/** Which axes of an input for pictures are which. */
export interface PictureAxes {
  readonly layout: Layout;
  readonly channels: 1 | 3;
  /** Height and width; of open ones the name. */
  readonly extent: readonly [height: number | string, width: number | string];
}

/** @throws GdwsError SHAPE_MISMATCH */
export function axesOf(shape: readonly (number | string)[], given: Layout | undefined): PictureAxes {
  const refuse = (why: string) =>
    new GdwsError('SHAPE_MISMATCH', `the input takes no single picture: ${why}.`, {
      remedy:
        'Pictures are for (N, C, H, W) or (N, H, W, C), of 1 or 3 channels; give an array in its place, as a file .npy.',
    });
  if (shape.length !== 3 && shape.length !== 4) throw refuse(`it has ${shape.length} axes`);
  const [a, b, c] = shape.slice(-3) as [number | string, number | string, number | string];
  if (shape.length === 4 && typeof shape[0] === 'number' && shape[0] !== 1)
    throw refuse(`it takes ${shape[0]} at once`);
  const isLast = given
    ? given === 'nhwc'
    : !isChannels(a) && (isChannels(c) || (typeof a === 'number' && typeof c === 'string'));
  const [channels, ...extent] = isLast ? [c, a, b] : [a, b, c];
  if (typeof channels === 'number' && !isChannels(channels)) throw refuse(`it has ${channels} channels`);
  // Of three axes with the first one open, that is the batch of grey pictures.
  const open = shape.length === 3 ? 1 : 3;
  return { layout: isLast ? 'nhwc' : 'nchw', channels: isChannels(channels) ? channels : open, extent };
}

function isChannels(dim: number | string): dim is 1 | 3 {
  return dim === 1 || dim === 3;
}
