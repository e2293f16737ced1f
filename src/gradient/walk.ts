import type { Attributes } from '../program/operation';

/** Attributes of a sliding kernel. */
export type WalkAttributes = Pick<Attributes<'convolution'>, 'strides' | 'dilations' | 'pads'>;

/** How a kernel slides over a map. */
export interface Walk {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left. */
  readonly pads: readonly [number, number];
}

export function walkOf({ strides, dilations, pads }: WalkAttributes): Walk {
  return { strides: pair(strides), dilations: pair(dilations), pads: pair(pads) };
}

function pair([height = 0, width = 0]: readonly number[]): [number, number] {
  return [height, width];
}

/** Pixels that a kernel spans along an axis: 0 down, 1 across. */
export function extentOf(weights: readonly number[], { dilations }: Walk, axis: number): number {
  return (weights[2 + axis]! - 1) * dilations[axis]! + 1;
}

/** Where the patch of an output pixel begins in a padded map of this width. */
export function patchPlace(row: number, column: number, { strides }: Walk, width: number): number {
  return row * strides[0] * width + column * strides[1];
}

/** Where the taps of a kernel (height, width) lie in a padded map of this width, from the begin of their patch. */
export function tapPlaces([height = 1, width = 1]: readonly number[], { dilations }: Walk, mapWidth: number): number[] {
  return Array.from({ length: height * width }, (_, tap) => {
    const [down, across] = [Math.floor(tap / width), tap % width];
    return down * dilations[0] * mapWidth + across * dilations[1];
  });
}

/** Attributes of a pointwise convolution. */
export const pointwiseAttributes = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
