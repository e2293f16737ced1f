import type { ProgramOperation, ValueId } from '../program/operation';
import { channelGradients, weightGradients } from './convolution-weights';
import type { Rule } from './rule';
import type { Tape } from './tape';
import { extentOf, walkOf, type Walk } from './walk';

/** Adds the gradients of the bias and the residual of a convolution or product. */
export function addAddends(tape: Tape, operation: ProgramOperation, first: number, gradient: ValueId): void {
  const bias = operation.inputs[first];
  tape.add(bias, () => {
    const axes = tape.dimsOf(gradient).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    return tape.view(tape.reduce('sum', gradient, axes), tape.dims(bias!));
  });
  const residual = operation.inputs[first + 1];
  tape.add(residual, () => gradient);
}

export const convolution: Rule<'convolution'> = (tape, operation, gradient) => {
  const [x, w] = operation.inputs as [ValueId, ValueId];
  const { groups } = operation.attributes;
  const walk = walkOf(operation.attributes);
  tape.add(x, () => transposed(tape, gradient, { weights: weightsOf(tape, w), groups, walk, map: tape.dims(x) }));
  tape.add(w, () => {
    const differentiated = { x: tape.use(x), gradient, groups, walk, weights: tape.dims(w) };
    if (tape.formOf(w) === 'channelNorms') return channelGradients(tape, differentiated);
    const perImage = weightGradients(tape, differentiated);
    return tape.formOf(w) === 'perImage' ? perImage : tape.sumTo(perImage, tape.dims(w));
  });
  addAddends(tape, operation, 2, gradient);
};

/** The backward pass of a transposed convolution is a convolution. */
export const convolutionTranspose: Rule<'convolutionTranspose'> = (tape, operation, gradient) => {
  const [x, w] = operation.inputs as [ValueId, ValueId];
  const { groups } = operation.attributes;
  const walk = walkOf(operation.attributes);
  tape.add(x, () => {
    const weights = tape.dims(w);
    const ends = [0, 1].map((axis) => {
      const reach = (tape.dims(x)[2 + axis]! - 1) * walk.strides[axis]! + extentOf(weights, walk, axis);
      return reach - tape.dimsOf(gradient)[2 + axis]! - walk.pads[axis]!;
    });
    const dims = tape.dimsOf(gradient);
    const cropped = dims.map((dim, axis) => (axis < 2 ? dim : dim + Math.min(0, ends[axis - 2]!)));
    const within = ends.every((end) => end >= 0)
      ? gradient
      : tape.emit('pad', [gradient], cropped, { begins: [0, 0, 0, 0], value: 0 });
    const { strides, dilations } = walk;
    const pads = [...walk.pads, ...ends.map((end) => Math.max(0, end))];
    return tape.emit('convolution', [within, tape.use(w)], tape.dims(x), { groups, strides, dilations, pads });
  });
  tape.add(w, () => {
    // Map and result are swapped.
    const swapped = { x: gradient, gradient: tape.use(x), groups, walk, weights: tape.dims(w) };
    const perImage = weightGradients(tape, swapped);
    return tape.formOf(w) === 'perImage' ? perImage : tape.sumTo(perImage, tape.dims(w));
  });
  addAddends(tape, operation, 2, gradient);
};

/** Weights of a convolution, with their elements where these are constant. */
export interface Weights {
  readonly id: ValueId;
  /** (M, C / groups, KH, KW) */
  readonly dims: readonly number[];
  readonly constant?: { readonly key: string; readonly data: Float32Array };
}

export function weightsOf(tape: Tape, w: ValueId): Weights {
  const data = tape.constantData(w) as Float32Array | undefined;
  const dims = tape.dims(w);
  const key = `${tape.forward.values[w]!.index},${dims.join()}`;
  return { id: tape.use(w), dims, constant: data && { key, data } };
}

/** A convolution to take the transpose of. */
interface TransposedConvolution {
  readonly weights: Weights;
  readonly groups: number;
  readonly walk: Walk;
  /** Dims of the map that it reads. */
  readonly map: readonly number[];
}

/**
 * The transpose of a convolution: from its result (N,M,OH,OW) to its map. With stride 1 it is a convolution with rotated
 * weights, for which the engine has faster kernels.
 */
export function transposed(
  tape: Tape,
  gradient: ValueId,
  { weights: { id, dims: weights, constant }, groups, walk, map }: TransposedConvolution,
): ValueId {
  const from = tape.dimsOf(gradient);
  const begins = [0, 1].map((axis) => extentOf(weights, walk, axis) - 1 - walk.pads[axis]!);
  const ends = [0, 1].map((axis) => {
    return map[2 + axis]! - from[2 + axis]! - begins[axis]! + extentOf(weights, walk, axis) - 1;
  });
  const { strides, dilations } = walk;
  if (constant && strides.every((stride) => stride === 1) && [...begins, ...ends].every((pad) => pad >= 0)) {
    const [outputs = 0, perGroup = 0, height = 0, width = 0] = weights;
    const turnedDims = [perGroup * groups, outputs / groups, height, width];
    const turned = tape.floats(`turned,${groups},${constant.key}`, turnedDims, () =>
      turn(constant.data, weights, groups),
    );
    const pads = [...begins, ...ends];
    return tape.emit('convolution', [gradient, turned], map, { groups, strides, dilations, pads });
  }
  const pads = [...walk.pads, 0, 0];
  return tape.emit('convolutionTranspose', [gradient, id], map, { groups, strides, dilations, pads });
}

/** (M, C / groups, KH, KW) to (C, M / groups, KH, KW), every kernel rotated by 180°. */
function turn(
  data: Float32Array,
  [outputs = 0, perGroup = 0, height = 0, width = 0]: readonly number[],
  groups: number,
) {
  const taps = height * width;
  const outputsPerGroup = outputs / groups;
  const result = new Float32Array(data.length);
  for (let m = 0; m < outputs; m++) {
    const group = Math.floor(m / outputsPerGroup);
    for (let c = 0; c < perGroup; c++) {
      const from = (m * perGroup + c) * taps;
      const to = ((group * perGroup + c) * outputsPerGroup + (m % outputsPerGroup)) * taps;
      for (let tap = 0; tap < taps; tap++) result[to + taps - 1 - tap] = data[from + tap]!;
    }
  }
  return result;
}
