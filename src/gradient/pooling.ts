import type { Attributes, ValueId } from '../program/operation';
import type { Rule } from './rule';

/** To the first largest element of each window. */
export const maxPool: Rule<'maxPool'> = (tape, { inputs, attributes }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () => {
    const dims = tape.dims(x);
    const map = tape.type(x) === 'float32' ? tape.use(x) : tape.emit('cast', [tape.use(x)], dims);
    return tape.emit('maxPoolGradient', [map, gradient], dims, attributes);
  });
};

/** Every output spreads evenly over the taps that it counts: a depthwise transposed convolution with ones. */
export const averagePool: Rule<'averagePool'> = (tape, { inputs, outputs, attributes }, gradient) => {
  const x = inputs[0] as ValueId;
  const map = tape.dims(x);
  const [, , outputHeight = 0, outputWidth = 0] = tape.dims(outputs[0]!);
  const [, channels = 0, height = 0, width = 0] = map;
  tape.add(x, () => {
    const rows = shares(attributes, 0, height, outputHeight);
    const columns = shares(attributes, 1, width, outputWidth);
    const key = `shares,${JSON.stringify(attributes)},${map.slice(2).join()},${outputHeight},${outputWidth}`;
    const share = tape.floats(key, [1, 1, outputHeight, outputWidth], () =>
      Float32Array.from({ length: outputHeight * outputWidth }, (_, at) => {
        const taps = rows[Math.floor(at / outputWidth)]! * columns[at % outputWidth]!;
        return taps === 0 ? 0 : 1 / taps;
      }),
    );
    const shared = tape.mul(gradient, share);
    const { kernel, strides, dilations, pads } = attributes;
    const [kernelHeight = 1, kernelWidth = 1] = kernel;
    const isWhole = outputHeight === 1 && outputWidth === 1 && pads.every((pad) => pad === 0);
    if (isWhole && kernelHeight === height && kernelWidth === width) return tape.expand(shared, map);
    const ones = tape.filled(1, [channels, 1, kernelHeight, kernelWidth]);
    const cropped = [...pads.slice(0, 2), 0, 0];
    return tape.emit('convolutionTranspose', [shared, ones], map, {
      groups: channels,
      strides,
      dilations,
      pads: cropped,
    });
  });
};

/** How many taps each window counts along one axis. */
function shares(attributes: Attributes<'averagePool'>, axis: number, from: number, to: number): number[] {
  const [kernel = 1, stride = 1, dilation = 1] = (['kernel', 'strides', 'dilations'] as const).map(
    (name) => attributes[name][axis],
  );
  const [begin = 0, end = 0] = [attributes.pads[axis], attributes.pads[2 + axis]];
  const [low, high] = attributes.countIncludePad ? [-begin, from + end] : [0, from];
  return Array.from({ length: to }, (_, position) => {
    let count = 0;
    for (let tap = 0; tap < kernel; tap++) {
      const at = position * stride - begin + tap * dilation;
      if (at >= low && at < high) count++;
    }
    return count;
  });
}
