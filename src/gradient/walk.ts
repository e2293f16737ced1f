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

/** Attributes of a pointwise convolution. */
export const pointwiseAttributes = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
