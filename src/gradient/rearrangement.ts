import { elementCount } from '../onnx/value';
import { stridedPositions } from '../operators/layout';
import type { ValueId } from '../program/operation';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';

export const alias: Rule<'alias'> = (tape, { inputs }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () => tape.view(gradient, tape.dims(x)));
};

/** Between float types, which the engine holds as one, and of quantized bytes to what holds their numbers. */
export const cast: Rule<'cast'> = (tape, { inputs }, gradient) => {
  tape.add(inputs[0], () => gradient);
};

export const concat: Rule<'concat'> = (tape, { inputs, attributes: { axis } }, gradient) => {
  let offset = 0;
  for (const x of inputs as ValueId[]) {
    const dims = tape.dims(x);
    const begin = -offset;
    const begins = dims.map((_, at) => (at === axis ? begin : 0));
    tape.add(x, () => tape.emit('pad', [gradient], dims, { begins, value: 0 }));
    offset += dims[axis]!;
  }
};

/** Cropping is the transpose of padding, and the reverse. */
export const pad: Rule<'pad'> = (tape, { inputs, attributes }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () => {
    const begins = attributes.begins.map((begin) => -begin);
    return tape.emit('pad', [gradient], tape.dims(x), { begins, value: 0 });
  });
};

export const gather: Rule<'gather'> = (tape, { inputs, attributes: { axis } }, gradient) => {
  const [x, index] = inputs as [ValueId, ValueId];
  tape.add(x, () => {
    const dims = tape.dims(x);
    const indices = tape.constantData(index);
    if (!indices) throw new Unsupported('of a gather with computed indices');
    const length = dims[axis]!;
    const from = Array.from(indices as Int32Array, (at) => (Number(at) + length) % length);
    const flat = tape.view(gradient, [...dims.slice(0, axis), from.length, ...dims.slice(axis + 1)]);
    return scatter(tape, flat, { axis, length, from });
  });
};

export const interpolate: Rule<'interpolate'> = (tape, { inputs, attributes: { axis } }, gradient) => {
  const [x, index, weight] = inputs as [ValueId, ValueId, ValueId];
  tape.add(x, () => {
    const indices = tape.constantData(index);
    const weights = tape.constantData(weight);
    if (!indices || !weights) throw new Unsupported('of a resize whose positions are computed');
    const taps = tape.dims(index)[1]!;
    const from = Array.from(indices as Int32Array);
    const length = tape.dims(x)[axis]!;
    return scatter(tape, gradient, { axis, length, from, taps, weights: weights as Float32Array });
  });
};

/** y[i] = x[offset + i·stride], which may read an element several times or never. */
export const strided: Rule<'strided'> = (tape, { inputs, outputs, attributes: { offset, strides } }, gradient) => {
  const x = inputs[0]!;
  const dims = tape.dims(x);
  const to = tape.dims(outputs[0]!);
  tape.add(x, () => {
    // Axes of stride 0 are summed first.
    const repeated = to.flatMap((dim, axis) => (strides[axis] === 0 && dim > 1 ? [axis] : []));
    const summed = tape.reduce('sum', gradient, repeated);
    const left = tape.dimsOf(summed);
    const count = elementCount(left);
    const from = Array.from(stridedPositions(left, strides, offset));
    const length = elementCount(dims);
    const flat = tape.view(summed, [count]);
    if (length === count && from.every((position, at) => position === at)) return tape.view(flat, dims);
    return tape.view(scatter(tape, flat, { axis: 0, length, from }), dims);
  });
};

/** Which elements along an axis a forward operation takes for each position of its result. */
interface Gathering {
  readonly axis: number;
  /** Of the axis, before. */
  readonly length: number;
  /** (positions, taps) */
  readonly from: readonly number[];
  readonly taps?: number;
  /** (positions, taps); 1 by default. */
  readonly weights?: Float32Array;
}

/**
 * The transpose of taking `taps` weighted elements for each position: result[from[o, t]] += weight[o, t]·gradient[o]
 * along one axis, as an interpolation that takes every position an element goes to.
 */
function scatter(tape: Tape, gradient: ValueId, { axis, length, from, taps = 1, weights }: Gathering): ValueId {
  const uses = new Int32Array(length);
  for (const position of from) uses[position]!++;
  const most = uses.reduce((a, b) => Math.max(a, b), 1);
  const index = new Int32Array(length * most);
  const weight = new Float32Array(length * most);
  const filled = new Int32Array(length);
  from.forEach((position, at) => {
    const place = position * most + filled[position]!++;
    index[place] = Math.floor(at / taps);
    weight[place] = weights ? weights[at]! : 1;
  });
  const dims = tape.dimsOf(gradient).map((dim, at) => (at === axis ? length : dim));
  const [indexId, weightId] = [
    tape.constant({ type: 'int32', dims: [length, most], data: index }),
    tape.constant({ type: 'float32', dims: [length, most], data: weight }),
  ];
  return tape.emit('interpolate', [gradient, indexId, weightId], dims, { axis });
}
