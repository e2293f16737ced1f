import { hasAttribute, intsAttribute, stringAttribute } from '../onnx/attribute';

import type { OperatorCall } from './operator';

/** A window that slides over the spatial axes of a map; every list has one entry an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after the map. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  /** Places of the window: the spatial dims of the result. */
  readonly outputs: readonly number[];
}

/** Extent of a dilated kernel on the map. */
export function extent(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** Strides or dilations of a node, 1 by default. Throws MODEL_INVALID unless positive. */
export function steps(call: OperatorCall, name: 'strides' | 'dilations', rank: number): number[] {
  const values = hasAttribute(call.node, name) ? intsAttribute(call.node, name) : new Array<number>(rank).fill(1);
  if (values.length !== rank || values.some((value) => value < 1)) {
    call.fail('MODEL_INVALID', `${name} [${values.join(', ')}] must be ${rank} positive numbers.`);
  }
  return values;
}

/** Explicit padding of a node, 0 by default. */
export function explicitPads(call: OperatorCall, rank: number): { begins: number[]; ends: number[] } {
  const pads = hasAttribute(call.node, 'pads') ? intsAttribute(call.node, 'pads') : new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank) {
    call.fail('MODEL_INVALID', `pads [${pads.join(', ')}] must be ${2 * rank} numbers.`);
  }
  return { begins: pads.slice(0, rank), ends: pads.slice(rank) };
}

/** Attribute `auto_pad`; throws MODEL_INVALID where ONNX has no such value. */
export function autoPad(call: OperatorCall): 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER' {
  const value = stringAttribute(call.node, 'auto_pad', 'NOTSET') || 'NOTSET';
  if (value !== 'NOTSET' && value !== 'VALID' && value !== 'SAME_UPPER' && value !== 'SAME_LOWER') {
    call.fail('MODEL_INVALID', `auto_pad '${value}' is not one of NOTSET, VALID, SAME_UPPER, SAME_LOWER.`);
  }
  return value;
}

/** The window of a convolution or pool over a map of `spatial` dims. Throws where it does not fit in. */
export function slidingWindow(
  call: OperatorCall,
  spatial: readonly number[],
  kernel: readonly number[],
  ceil = false,
): Window {
  const rank = spatial.length;
  if (kernel.length !== rank || kernel.some((size) => size < 1)) {
    call.fail('SHAPE_MISMATCH', `a kernel of [${kernel.join(', ')}] does not fit a map of ${rank} axes.`);
  }
  const strides = steps(call, 'strides', rank);
  const dilations = steps(call, 'dilations', rank);
  const mode = autoPad(call);
  const { begins, ends } = mode === 'NOTSET' ? explicitPads(call, rank) : { begins: zeros(rank), ends: zeros(rank) };
  const outputs = spatial.map((size, axis) => {
    const stride = strides[axis]!;
    const span = extent(kernel[axis]!, dilations[axis]!);
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
      const places = Math.ceil(size / stride);
      const missing = Math.max((places - 1) * stride + span - size, 0);
      const half = missing >> 1;
      begins[axis] = mode === 'SAME_UPPER' ? half : missing - half;
      ends[axis] = missing - begins[axis];
      return places;
    }
    const room = size + begins[axis]! + ends[axis]! - span;
    if (room < 0) {
      call.fail(
        'SHAPE_MISMATCH',
        `a window of ${span} is longer than axis ${axis + 2}, ${size} long, with its padding.`,
      );
    }
    if (!ceil) return Math.floor(room / stride) + 1;
    const places = Math.ceil(room / stride) + 1;
    // ONNX leaves out a window that would start in the padding after the map.
    return (places - 1) * stride >= size + begins[axis]! ? places - 1 : places;
  });
  return { kernel, strides, dilations, begins, ends, outputs };
}

/** The window of a transposed convolution: its outputs are the map of the convolution with this window. */
export function transposedWindow(call: OperatorCall, spatial: readonly number[], kernel: readonly number[]): Window {
  const rank = spatial.length;
  const strides = steps(call, 'strides', rank);
  const dilations = steps(call, 'dilations', rank);
  const extra = intsAttribute(call.node, 'output_padding', zeros(rank));
  const wanted = hasAttribute(call.node, 'output_shape')
    ? intsAttribute(call.node, 'output_shape').slice(-rank)
    : undefined;
  if (extra.length !== rank || (wanted && wanted.length !== rank)) {
    call.fail('MODEL_INVALID', `output_padding and output_shape must have ${rank} numbers.`);
  }
  const mode = autoPad(call);
  const { begins, ends } =
    mode === 'NOTSET' && !wanted ? explicitPads(call, rank) : { begins: zeros(rank), ends: zeros(rank) };
  const outputs = spatial.map((size, axis) => {
    const stride = strides[axis]!;
    const full = (size - 1) * stride + extra[axis]! + extent(kernel[axis]!, dilations[axis]!);
    const same = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
    if (!wanted && !same) return full - begins[axis]! - ends[axis]!;
    // A kernel shorter than its stride cannot reach size · stride, and is left as it is.
    const output = wanted ? wanted[axis]! : Math.min(size * stride, full);
    const surplus = Math.max(full - output, 0);
    const half = surplus >> 1;
    begins[axis] = mode === 'SAME_UPPER' ? half : surplus - half;
    ends[axis] = surplus - begins[axis];
    return output;
  });
  if (outputs.some((output) => output < 1)) {
    call.fail('SHAPE_MISMATCH', `padding leaves nothing of the result, [${outputs.join(', ')}].`);
  }
  return { kernel, strides, dilations, begins, ends, outputs };
}

/** The identity window on an axis of `length`. */
export function pointWindow(length: number): Window {
  return { kernel: [1], strides: [1], dilations: [1], begins: [0], ends: [0], outputs: [length] };
}

/** The window over the axes of `a`, then those of `b`. */
export function joinWindows(a: Window, b: Window): Window {
  return {
    kernel: [...a.kernel, ...b.kernel],
    strides: [...a.strides, ...b.strides],
    dilations: [...a.dilations, ...b.dilations],
    begins: [...a.begins, ...b.begins],
    ends: [...a.ends, ...b.ends],
    outputs: [...a.outputs, ...b.outputs],
  };
}

/** The axes [from, to) of a window. */
export function windowAxes(window: Window, from: number, to: number): Window {
  const axes = (list: readonly number[]) => list.slice(from, to);
  return {
    kernel: axes(window.kernel),
    strides: axes(window.strides),
    dilations: axes(window.dilations),
    begins: axes(window.begins),
    ends: axes(window.ends),
    outputs: axes(window.outputs),
  };
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}
