/** How a picture of another shape is fitted to a size: {@link Recipe.fit}. */
export type Fit = 'cover' | 'contain' | 'fill';

/** What is done to pictures before a network gets them. Without any of it, pixels are numbers from 0 to 1. */
export interface Recipe {
  /** What white is before `mean` and `std` are applied: 1 (the default) or 255. */
  readonly range?: 1 | 255;
  /** What is subtracted then (default 0): one number, or one for each channel, in the order in which the network takes them. */
  readonly mean?: readonly number[];
  /** What is divided by then (default 1), as `mean`; above 0. */
  readonly std?: readonly number[];
  /** Which of three channels is the first, red (the default) or blue. */
  readonly order?: 'rgb' | 'bgr';
  /**
   * Whether a picture covers the size, and its middle is taken (`cover`, the default); is contained in it, with black beside it
   * (`contain`); or is stretched to it (`fill`).
   */
  readonly fit?: Fit;
  /**
   * With `cover`, which share of a larger scaled picture is taken, 0.01 to 1 (default 1): 0.875 scales the shorter side to 256, and
   * takes 224.
   */
  readonly crop?: number;
  /** Height and width of what the network gets, in pixels, where it leaves them open: one number for both, or two. */
  readonly size?: number | readonly [height: number, width: number];
}
