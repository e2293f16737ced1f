import type { StoredValue } from '../calibrate/live-store';
import { elementCount } from '../onnx/value';
import type { Origin } from '../program/operation';
import type { MeasuringPrograms } from './measuring-programs';

/** Means of the channels of maps (N, C, ...) over all batches. */
export async function channelMeans(
  batches: readonly { readonly stored: StoredValue; readonly dims: readonly number[] }[],
  origin: Origin,
  programs: MeasuringPrograms,
): Promise<Float64Array> {
  const [, channels = 0] = batches[0]!.dims;
  const sums = new Float64Array(channels);
  let images = 0;
  for (const { stored, dims } of batches) {
    const [count = 0] = dims;
    const [means] = await programs.run(`means ${dims.join()}`, origin, [stored], (writer) => {
      const maps = writer.view(writer.input('float32', dims), [count, channels, elementCount(dims.slice(2))]);
      writer.program.outputs.push(writer.emit('reduce', [maps], [1, channels, 1], { function: 'mean', axes: [0, 2] }));
    });
    means!.forEach((mean, c) => (sums[c]! += mean * count));
    images += count;
  }
  return sums.map((sum) => sum / images);
}
