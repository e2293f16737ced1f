import type { Tensor } from 'onnxruntime-common';
import { checkOptions, integer, listOf, oneOf, type OptionTable } from '../base/options';
import { writeWhole } from '../onnx/write';
import { layouts, type Layout } from './layout';
import { mapPicture } from './output-map';
import { placementBack, placementOf, type Size } from './placement';
import { encodePng } from './png';
import { preprocessingOptions, sizeIn } from './preprocessing';
import type { Recipe } from './recipe';

/** How {@link writeMap} lays a map over the picture that the network got. */
export interface WriteMapOptions extends Pick<Recipe, 'size' | 'fit' | 'crop'> {
  /** Height and width of the upright picture: the map is resized to it. By default the map keeps its own size. */
  readonly picture?: readonly [height: number, width: number];
  /** The order of the map's axes: (1, C, H, W), the default, or (1, H, W, C). One channel may be anywhere. */
  readonly layout?: Layout;
}

const writeMapOptions: OptionTable<WriteMapOptions> = {
  size: preprocessingOptions.size,
  fit: preprocessingOptions.fit,
  crop: preprocessingOptions.crop,
  picture: listOf(integer(1), 'height and width, as [480, 640]', 2),
  layout: oneOf(layouts),
};

/**
 * Writes a map that a network gives, (1, C, H, W), (1, H, W, C) or (1, H, W), as a PNG of one byte a pixel, whole or not at all.
 *
 * Of several channels each pixel gets the number of the channel that is the largest there, after they were resized; so do integers. The
 * picture has a palette then, that of PASCAL VOC: its bytes are the numbers. One channel becomes levels of grey: numbers from 0 to 1 as
 * 0 to 255; others, where some are below 0, by the sigmoid; else divided by the largest; bytes as they are.
 *
 * @param options `size`, `fit` and `crop` as the picture was made a tensor (`size`: the tensor's); what the network has not seen of the
 *   picture gets 0
 * @returns how numbers became bytes, in words
 * @throws GdwsError SHAPE_MISMATCH where it is no map, or has more than 256 classes; DATA_UNREADABLE for NaN; OUTPUT_UNWRITABLE,
 *   ARGUMENT_INVALID
 */
export async function writeMap(file: string, map: Tensor, options: WriteMapOptions = {}): Promise<string> {
  checkOptions(options, writeMapOptions);
  const { picture, fit, crop, layout = 'nchw' } = options;
  const placementFor =
    picture &&
    ((extent: Size) => {
      const forth = placementOf(picture, sizeIn(options) ?? extent, fit, crop);
      return placementBack(forth, picture, extent);
    });
  const made = mapPicture(map, layout, placementFor);
  const palette = made.isOfClasses ? classColours() : undefined;
  await writeWhole(file, encodePng({ ...made, channels: 1 }, palette));
  return made.reading;
}

/**
 * A colour for each of 256 classes, in red, green and blue: those of the PASCAL VOC challenge, in which three bits of the number after
 * the other give the highest bits of the three colours, then the next ones.
 */
function classColours(): Uint8Array {
  const colours = new Uint8Array(3 * 256);
  for (let index = 0; index < 256; index++) {
    for (let bit = 0; bit < 8; bit++) {
      colours[3 * index + (bit % 3)]! |= ((index >> bit) & 1) << (7 - Math.floor(bit / 3));
    }
  }
  return colours;
}
