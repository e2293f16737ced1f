import { activationCode } from '../../program/operation';
import type { ValueId } from '../../program/operation';
import type { Rule } from './rule';

/** To the first largest element of each window. */
export const maxPool: Rule = (tape, { inputs, ints }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () => tape.emit('maxPoolGradient', [tape.use(x), gradient], tape.dims(x), ints));
};

/** Every output spreads evenly over the taps that it counts: a depthwise transposed convolution with ones. */
export const averagePool: Rule = (tape, { inputs, outputs, ints }, gradient) => {
  const x = inputs[0] as ValueId;
  const map = tape.dims(x);
  const [, , outputHeight = 0, outputWidth = 0] = tape.dims(outputs[0]!);
  const [, channels = 0, height = 0, width = 0] = map;
  const countPadding = ints[10] === 1;
  tape.add(x, () => {
    const rows = shares(ints, 0, height, outputHeight, countPadding);
    const columns = shares(ints, 1, width, outputWidth, countPadding);
    const key = `shares,${ints.join()},${map.slice(2).join()},${outputHeight},${outputWidth}`;
    const share = tape.floats(key, [1, 1, outputHeight, outputWidth], () =>
      Float32Array.from({ length: outputHeight * outputWidth }, (_, at) => {
        const taps = rows[Math.floor(at / outputWidth)]! * columns[at % outputWidth]!;
        return taps === 0 ? 0 : 1 / taps;
      }),
    );
    const shared = tape.mul(gradient, share);
    const [kernelHeight = 1, kernelWidth = 1] = ints;
    const isWhole = outputHeight === 1 && outputWidth === 1 && ints.slice(6, 10).every((pad) => pad === 0);
    if (isWhole && kernelHeight === height && kernelWidth === width) return tape.expand(shared, map);
    const ones = tape.filled(1, [channels, 1, kernelHeight, kernelWidth]);
    const walk = [channels, ...ints.slice(2, 8), 0, 0, activationCode('none')];
    return tape.emit('convolutionTranspose', [shared, ones], map, walk, [0, 0]);
  });
};

/** How many taps each window counts along one axis. */
function shares(ints: readonly number[], axis: number, from: number, to: number, countPadding: boolean): number[] {
  const [kernel = 1, stride = 1, dilation = 1, begin = 0, end = 0] = [0, 2, 4, 6, 8].map((at) => ints[at + axis]);
  const [low, high] = countPadding ? [-begin, from + end] : [0, from];
  return Array.from({ length: to }, (_, position) => {
    let count = 0;
    for (let tap = 0; tap < kernel; tap++) {
      const at = position * stride - begin + tap * dilation;
      if (at >= low && at < high) count++;
    }
    return count;
  });
}
