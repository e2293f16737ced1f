import type { StoredValue } from '../calibrate/live-store';
import type { ProgramOperation } from '../program/operation';
import type { ProgramValue } from '../program/program';
import { elementCount } from '../onnx/value';
import type { RandomStream } from '../robustness/random-stream';
import type { MeasuringPrograms } from './measuring-programs';
import type { TensorSample } from './uniform-scale';

/** Numbers of a tensor that its scale is chosen by: enough for the last thousandth. */
const numbersDrawn = 1 << 16;

/** The least and the largest number of a tensor over all batches, and some of its numbers, drawn at random. */
export async function sampleTensor(
  batches: readonly { readonly stored: StoredValue; readonly value: ProgramValue }[],
  { origin }: ProgramOperation,
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<TensorSample> {
  const perBatch = Math.ceil(numbersDrawn / batches.length);
  const parts: Float32Array[] = [];
  let [least, most] = [Infinity, -Infinity];
  for (const { stored, value } of batches) {
    const count = elementCount(value.dims);
    const drawn = Math.min(perBatch, count);
    const places = Int32Array.from({ length: drawn }, () => random.integer(0, count - 1));
    const [numbers, low, high] = await programs.run(`sample ${count}`, origin, [stored, places], (writer) => {
      const x = writer.view(writer.input('float32', value.dims), [count]);
      const chosen = writer.input('int32', [drawn]);
      writer.program.outputs.push(
        writer.emit('gather', [x, chosen], [drawn], { axis: 0 }),
        writer.emit('reduce', [x], [1], { function: 'min', axes: [0] }),
        writer.emit('reduce', [x], [1], { function: 'max', axes: [0] }),
      );
    });
    parts.push(numbers!);
    least = Math.min(least, low![0]!);
    most = Math.max(most, high![0]!);
  }
  return { least, most, numbers: joined(parts) };
}

/** Arrays one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
