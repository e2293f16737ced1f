/** How a kernel walks over a map. */
export interface Walk {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left. */
  readonly pads: readonly [number, number];
}

export function walkOf({ ints }: { readonly ints: readonly number[] }): Walk {
  const [, strideH = 1, strideW = 1, dilationH = 1, dilationW = 1, top = 0, left = 0] = ints;
  return { strides: [strideH, strideW], dilations: [dilationH, dilationW], pads: [top, left] };
}

/** Pixels that a kernel spans along an axis: 0 down, 1 across. */
export function extentOf(weights: readonly number[], { dilations }: Walk, axis: number): number {
  return (weights[2 + axis]! - 1) * dilations[axis]! + 1;
}
