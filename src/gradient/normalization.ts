import { elementCount } from '../onnx/value';
import type { ValueId } from '../program/operation';
import type { Rule } from './rule';
import { pointwiseAttributes } from './walk';

/** y = scale·x + shift for each channel. */
export const scaleShift: Rule<'scaleShift'> = (tape, { inputs }, gradient) => {
  const [x, scale, shift] = inputs as [ValueId, ValueId, ValueId];
  const dims = tape.dims(x);
  const channel = [dims[1]!, ...dims.slice(2).map(() => 1)];
  const overMaps = (value: ValueId) => tape.view(tape.sumTo(value, channel), [dims[1]!]);
  tape.add(x, () => tape.mul(gradient, tape.view(tape.use(scale), channel)));
  tape.add(scale, () => overMaps(tape.mul(gradient, tape.use(x))));
  tape.add(shift, () => overMaps(gradient));
};

/** With r = 1 / sqrt(variance + epsilon): r·(g - mean(g) - y·mean(g·y)) over each row. */
export const normalize: Rule<'normalize'> = (tape, { inputs, outputs, attributes: { inner, epsilon } }, gradient) => {
  const x = inputs[0]!;
  const rows = [elementCount(tape.dims(x)) / inner, inner];
  tape.add(x, () => {
    const g = tape.view(gradient, rows);
    const y = tape.view(tape.use(outputs[0]!), rows);
    const values = tape.view(tape.use(x), rows);
    const centred = tape.binary('sub', values, tape.reduce('mean', values, [1]));
    const variance = tape.reduce('mean', tape.mul(centred, centred), [1]);
    const deviation = tape.unary('sqrt', tape.linear(variance, 1, epsilon));
    const along = tape.mul(y, tape.reduce('mean', tape.mul(g, y), [1]));
    const rest = tape.binary('sub', tape.binary('sub', g, tape.reduce('mean', g, [1])), along);
    return tape.view(tape.binary('div', rest, deviation), tape.dims(x));
  });
};

/** y·(g - Σ g·y), of its logarithm g - exp(y)·Σ g. */
export const softmax: Rule<'softmax'> = (tape, { inputs, outputs, attributes: { n, inner, logarithm } }, gradient) => {
  const x = inputs[0]!;
  const dims = [elementCount(tape.dims(x)) / (n * inner), n, inner];
  tape.add(x, () => {
    const g = tape.view(gradient, dims);
    const y = tape.view(tape.use(outputs[0]!), dims);
    const result = logarithm
      ? tape.binary('sub', g, tape.mul(tape.unary('exp', y), tape.reduce('sum', g, [1])))
      : tape.mul(y, tape.binary('sub', g, tape.reduce('sum', tape.mul(g, y), [1])));
    return tape.view(result, tape.dims(x));
  });
};

/**
 * y = x·d^-beta, d = bias + alpha / size·Σ x² over neighbouring channels. The sums over neighbours are pointwise
 * convolutions with a band of ones.
 */
export const localResponse: Rule<'localResponse'> = (
  tape,
  { inputs, attributes: { size, alpha, beta, bias } },
  gradient,
) => {
  const x = inputs[0]!;
  const [batch = 0, channels = 0, ...map] = tape.dims(x);
  const flat = [batch, channels, elementCount(map), 1];
  const before = Math.floor((size - 1) / 2);
  const sumOver = (value: ValueId, first: number, last: number) => {
    const band = tape.floats(`band,${channels},${first},${last}`, [channels, channels, 1, 1], () =>
      Float32Array.from({ length: channels * channels }, (_, at) => {
        const distance = (at % channels) - Math.floor(at / channels);
        return distance >= first && distance <= last ? 1 : 0;
      }),
    );
    return tape.emit('convolution', [value, band], flat, pointwiseAttributes);
  };
  tape.add(x, () => {
    const values = tape.view(tape.use(x), flat);
    const g = tape.view(gradient, flat);
    const d = tape.linear(sumOver(tape.mul(values, values), -before, size - 1 - before), alpha / size, bias);
    const power = tape.binary('pow', d, tape.filled(-beta));
    const neighbours = tape.mul(tape.mul(g, values), tape.binary('div', power, d));
    const spread = tape.mul(values, sumOver(neighbours, before + 1 - size, before));
    const through = tape.linear(spread, (-2 * alpha * beta) / size);
    return tape.view(tape.binary('add', tape.mul(g, power), through), tape.dims(x));
  });
};
