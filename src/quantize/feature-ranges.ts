import type { StoredValue } from '../calibrate/live-store';
import { operationOf, type Operation } from '../program/operation';
import type { ProgramValue } from '../program/program';
import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';
import { squaredStepError } from './uniform-scale';

/** Shares of the largest feature of a kernel that are tried as the largest byte. */
const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5];

/** Features of a kernel that the share is chosen by. */
const featuresDrawn = 2048;

/** The largest byte of a feature, less its zero point. */
const largest = 127;

export interface DepthwiseOperation {
  readonly operation: Operation<'convolution'>;
  /** (G, 1, ...kernel) */
  readonly weights: Float32Array;
}

/**
 * For each depthwise kernel the number that its largest byte is to stand for: that with the least mean squared error on a sample
 * of its features.
 */
export async function featureRanges(
  batches: readonly { readonly stored: StoredValue; readonly values: readonly ProgramValue[] }[],
  { operation, weights }: DepthwiseOperation,
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<Float64Array> {
  const { inputs, outputs, origin, attributes } = operation;
  const [, count = 0] = batches[0]!.values[outputs[0]!]!.dims;
  const most = new Float64Array(count);
  const drawnPerImage = (pixels: number, images: number) =>
    Math.min(pixels, Math.max(1, Math.ceil(featuresDrawn / (images * batches.length))));
  const samples: { readonly features: Float32Array; readonly perKernel: number; readonly images: number }[] = [];
  for (const { stored, values } of batches) {
    const [x, w, y] = [values[inputs[0]!]!, values[inputs[1]!]!, values[outputs[0]!]!];
    const [images = 0, , height = 0, width = 0] = y.dims;
    const pixels = height * width;
    const drawn = drawnPerImage(pixels, images);
    const places = Int32Array.from({ length: drawn }, () => random.integer(0, pixels - 1));
    const [low, high, features] = await programs.run(
      `features ${x.dims.join()} ${drawn}`,
      origin,
      [stored, places],
      (writer, constant) => {
        const read = writer.input('float32', x.dims);
        const chosen = writer.input('int32', [drawn]);
        const kernels = writer.numbered('float32', w.dims, constant);
        const map = writer.program.addValue({ type: 'float32', dims: y.dims, storage: 'temporary', index: -1 });
        writer.program.operations.push(operationOf('convolution', [read, kernels], [map], origin, attributes));
        const rows = writer.view(map, [images, count, pixels]);
        for (const extreme of ['min', 'max'] as const) {
          writer.program.outputs.push(
            writer.emit('reduce', [rows], [1, count, 1], { function: extreme, axes: [0, 2] }),
          );
        }
        writer.program.outputs.push(writer.emit('gather', [rows, chosen], [images, count, drawn], { axis: 2 }));
      },
      weights,
    );
    for (let k = 0; k < count; ++k) most[k] = Math.max(most[k]!, -low![k]!, high![k]!);
    samples.push({ features: features!, perKernel: drawn, images });
  }
  return most.map((range, kernel) => {
    let [best, smallest] = [range, Infinity];
    for (const share of shares) {
      const step = (share * range) / largest || 1;
      let error = 0;
      for (const { features, perKernel, images } of samples) {
        for (let image = 0; image < images; ++image) {
          const first = (image * count + kernel) * perKernel;
          for (let i = first; i < first + perKernel; ++i) {
            error += squaredStepError(features[i]! / step, -largest - 1, largest);
          }
        }
      }
      error *= step * step;
      if (error < smallest) [best, smallest] = [share * range, error];
    }
    return best;
  });
}
