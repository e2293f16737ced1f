import { GdwsError } from '../base/errors';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { DifferentiatedNetwork } from '../gradient/network';

/** The sums over images that weight-error vectors are means of, in double precision. */
export class ChannelSums {
  private readonly sums: readonly Float64Array[];
  /** Each image's contribution to all α. */
  private imageTotals: number[] = [];

  private constructor(private readonly layers: readonly Layer[]) {
    this.sums = layers.map(({ shape }) => new Float64Array(shape.inputChannels));
  }

  /**
   * @param gradients the order in which norms are added
   * @throws GdwsError ARGUMENT_INVALID where there are none
   */
  static of(layers: readonly Layer[], { gradients }: DifferentiatedNetwork): ChannelSums {
    if (gradients.length > 0) {
      return new ChannelSums(gradients.map(({ name }) => layers.find((layer) => layer.name === name)!));
    }
    throw new GdwsError('ARGUMENT_INVALID', 'the logits depend on no convolution that may be replaced.', {
      remedy: `Those that may are: ${layers.map(({ name }) => name).join(', ')}.`,
    });
  }

  /** Empty sums for some of the images. */
  part(): ChannelSums {
    return new ChannelSums(this.layers);
  }

  /** Adds the sums of other images. */
  merge({ sums, imageTotals }: ChannelSums): void {
    sums.forEach((part, layer) => part.forEach((sum, c) => (this.sums[layer]![c]! += sum)));
    this.imageTotals.push(...imageTotals);
  }

  /**
   * Adds ‖∂(z_ŷ − z_j)/∂W_c‖² / (2·|W_c|·(z_ŷ − z_j)²) of one j for each image of this part.
   *
   * @param norms the squared norms of each layer, (images, C)
   * @param margins z_ŷ − z_j of each image; undefined for one without such a j
   */
  add(norms: readonly Float32Array[], margins: readonly (number | undefined)[]): void {
    if (this.imageTotals.length === 0) this.imageTotals = margins.map(() => 0);
    this.layers.forEach(({ shape }, layer) => {
      const sums = this.sums[layer]!;
      const own = norms[layer]!;
      const weights = (shape.outputChannels / shape.groups) * taps(shape);
      // The engine runs a convolution over three axes with the taps of the depth as further channels.
      const width = own.length / margins.length;
      const parts = width / shape.inputChannels;
      margins.forEach((margin, image) => {
        if (margin === undefined) return;
        const scale = 1 / (2 * weights * margin * margin);
        for (let index = 0; index < width; ++index) {
          const term = own[image * width + index]! * scale;
          sums[Math.floor(index / parts)]! += term;
          this.imageTotals[image]! += term;
        }
      });
    });
  }

  /** α by layer, and the effective number of images. */
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
