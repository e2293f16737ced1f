import { GdwsError } from '../errors';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { DifferentiatedNetwork } from '../engine/gradient/network';

/** The sums over images that weight-error vectors are means of, in double precision. */
export class ChannelSums {
  private readonly layers: readonly Layer[];
  private readonly sums: readonly Float64Array[];
  private readonly imageTotals: Float64Array;

  /**
   * @param gradients in whose order norms are added
   * @throws GdwsError ARGUMENT_INVALID where there are none
   */
  constructor(layers: readonly Layer[], { gradients }: DifferentiatedNetwork, images: number) {
    this.layers = gradients.map(({ name }) => layers.find((layer) => layer.name === name)!);
    if (this.layers.length === 0) {
      throw new GdwsError('ARGUMENT_INVALID', 'the model has no convolution that may be replaced.', {
        remedy: 'Its K×K convolutions but the first are, unless they are excluded or depthwise.',
      });
    }
    this.sums = this.layers.map(({ shape }) => new Float64Array(shape.inputChannels));
    this.imageTotals = new Float64Array(images);
  }

  /**
   * Adds ‖∂(z_ŷ − z_j)/∂W_c‖² / (2·|W_c|·(z_ŷ − z_j)²) of one j for each of some images.
   *
   * @param norms the squared norms of each layer, (images, C)
   * @param margins z_ŷ − z_j of each image; undefined for one without such a j
   * @param first number of the first image
   */
  add(norms: readonly Float32Array[], margins: readonly (number | undefined)[], first: number): void {
    this.layers.forEach(({ shape }, layer) => {
      const sums = this.sums[layer]!;
      const own = norms[layer]!;
      const weights = (shape.outputChannels / shape.groups) * taps(shape);
      // Of a convolution over three axes, the depth's taps are channels of their own to the engine.
      const width = own.length / margins.length;
      const parts = width / shape.inputChannels;
      margins.forEach((margin, image) => {
        if (margin === undefined) return;
        const scale = 1 / (2 * weights * margin * margin);
        for (let index = 0; index < width; ++index) {
          const term = own[image * width + index]! * scale;
          sums[Math.floor(index / parts)]! += term;
          this.imageTotals[first + image]! += term;
        }
      });
    });
  }

  /** α by layer, and how many equally weighty images the mean is worth. */
  result(): { alpha: Map<string, Float64Array>; effectiveImages: number } {
    const images = this.imageTotals.length;
    const total = this.imageTotals.reduce((sum, one) => sum + one, 0);
    const squares = this.imageTotals.reduce((sum, one) => sum + one * one, 0);
    return {
      alpha: new Map(this.layers.map(({ name }, layer) => [name, this.sums[layer]!.map((sum) => sum / images)])),
      effectiveImages: squares > 0 ? total ** 2 / squares : 0,
    };
  }
}
