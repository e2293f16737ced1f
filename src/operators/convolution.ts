import { hasAttribute, intAttribute, intsAttribute } from '../onnx/attribute';
import type { DataType, ValueType } from '../onnx/value';
import type { GivenAttributes } from '../program/operation';
import { transposedPhases, type TransposedPhase } from '../program/transposed-phases';
import { commonType, ranked, requireFloat } from './arguments';
import { filled } from './elements';
import { emitAs, floats, required } from './emission';
import { inferOne } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';
import { joinWindows, pointWindow, slidingWindow, transposedWindow, windowAxes, type Window } from './window';

// https://onnx.ai/onnx/operators/onnx__Conv.html, onnx__ConvTranspose.html

/** Dims of three spatial axes. */
type Dims5 = [number, number, number, number, number];

/** Limit of the stride along the depth: each of its phases is a convolution. */
const maxDepthStride = 1024;

interface Convolution extends ValueType {
  readonly groups: number;
  readonly window: Window;
}

/** Kernel size of a convolution: that of its weights, with which attribute `kernel_shape` must agree. */
function kernelOf(call: OperatorCall): number[] {
  const kernel = ranked(call, 1, call.input(0).dims.length, call.input(0).dims.length).dims.slice(2);
  if (hasAttribute(call.node, 'kernel_shape')) {
    const stated = intsAttribute(call.node, 'kernel_shape');
    if (stated.length !== kernel.length || stated.some((size, axis) => size !== kernel[axis])) {
      call.fail(
        'SHAPE_MISMATCH',
        `kernel_shape [${stated.join(', ')}] differs from the weights' [${kernel.join(', ')}].`,
      );
    }
  }
  return kernel;
}

function groupsOf(call: OperatorCall, channels: number): number {
  const groups = intAttribute(call.node, 'group', 1);
  if (groups < 1 || channels % groups !== 0) {
    call.fail('SHAPE_MISMATCH', `${channels} channels cannot be divided into ${groups} groups.`);
  }
  return groups;
}

function checkBias(call: OperatorCall, outputs: number): void {
  const bias = call.inputs[2];
  if (bias && (bias.dims.length !== 1 || bias.dims[0] !== outputs)) {
    call.fail('SHAPE_MISMATCH', `the bias must have ${outputs} elements.`);
  }
}

export function convolution(call: OperatorCall): Convolution {
  const x = ranked(call, 0, 3).dims;
  const kernel = kernelOf(call);
  const [outputs, depth] = call.input(1).dims as [number, number];
  const groups = groupsOf(call, x[1]!);
  if (depth * groups !== x[1]) {
    call.fail('SHAPE_MISMATCH', `weights for ${depth * groups} input channels (${groups} groups) meet ${x[1]}.`);
  }
  if (outputs % groups !== 0) {
    call.fail('SHAPE_MISMATCH', `${outputs} output channels cannot be divided into ${groups} groups.`);
  }
  checkBias(call, outputs);
  const window = slidingWindow(call, x.slice(2), kernel);
  return { type: commonType(call, [0, 1, 2]), dims: [x[0]!, outputs, ...window.outputs], groups, window };
}

function transposedConvolution(call: OperatorCall): Convolution {
  const x = ranked(call, 0, 3).dims;
  const kernel = kernelOf(call);
  const [channels, perGroup] = call.input(1).dims as [number, number];
  if (channels !== x[1]) {
    call.fail('SHAPE_MISMATCH', `weights for ${channels} input channels meet ${x[1]}.`);
  }
  const groups = groupsOf(call, channels);
  checkBias(call, perGroup * groups);
  const window = transposedWindow(call, x.slice(2), kernel);
  return { type: commonType(call, [0, 1, 2]), dims: [x[0]!, perGroup * groups, ...window.outputs], groups, window };
}

/** The attributes of `convolution` and `convolutionTranspose` over two spatial axes. */
function convolutionAttributes(
  call: OperatorCall,
  groups: number,
  { strides, dilations, begins, ends }: Window,
): GivenAttributes<'convolution'> {
  const pads = [...begins, ...ends];
  if (pads.some((pad) => pad < 0)) {
    call.fail(
      'OPERATOR_UNSUPPORTED',
      'negative padding is not supported.',
      'Crop the input by a Slice or Pad before it.',
    );
  }
  return { groups, strides, dilations, pads };
}

/** A view of a value of one spatial axis with two, the first of 1. */
function withRow(lowering: Lowering, value: ValueId, dims: readonly number[]): ValueId {
  return lowering.view(value, [dims[0]!, dims[1]!, 1, dims[2]!]);
}

/** A convolution of one or two spatial axes, as one of two. */
interface PlanarConvolution {
  /** Dims of the result, as the operator and as the operation have it. */
  readonly dims: readonly number[];
  readonly planar: readonly number[];
  /** x and w. */
  readonly inputs: readonly ValueId[];
  readonly attributes: GivenAttributes<'convolution'>;
}

function planarOf(call: OperatorCall, lowering: Lowering, { dims, groups, window }: Convolution): PlanarConvolution {
  const flat = dims.length === 3;
  const inputs = [0, 1].map((index) => {
    const value = required(call, lowering, index);
    return flat ? withRow(lowering, value, call.input(index).dims) : value;
  });
  const attributes = convolutionAttributes(call, groups, flat ? joinWindows(pointWindow(1), window) : window);
  return { dims, planar: flat ? [dims[0]!, dims[1]!, 1, dims[2]!] : dims, inputs, attributes };
}

/** How the products of a convolution, transposed or not, are computed. */
export interface ProductForm {
  readonly x: DataType;
  readonly y: DataType;
  /** One element, which padding counts as; absent where that is 0. */
  readonly zero?: ValueId | undefined;
  emit(x: ValueId, w: ValueId, y: ValueId, attributes: GivenAttributes<'convolution'>): void;
}

function floatForm(lowering: Lowering, opcode: 'convolution' | 'convolutionTranspose'): ProductForm {
  const bias = lowering.input(2);
  return {
    x: 'float32',
    y: 'float32',
    emit: (x, w, y, attributes) => lowering.emit(opcode, [x, w, bias], [y], attributes),
  };
}

function emitPlanar(call: OperatorCall, lowering: Lowering, convolved: Convolution, form: ProductForm): void {
  const output = lowering.output(0);
  if (output === undefined) return;
  const { dims, planar, inputs, attributes } = planarOf(call, lowering, convolved);
  const [x, w] = inputs as [ValueId, ValueId];
  emitAs(lowering, output, dims, { type: form.y, dims: planar }, (target) => form.emit(x, w, target, attributes));
}

/**
 * A convolution of one to three spatial axes.
 *
 * @throws GdwsError OPERATOR_UNSUPPORTED where there are more
 */
export function emitConvolution(call: OperatorCall, lowering: Lowering, form: ProductForm): void {
  const convolved = call.once(convolution);
  const spatial = convolved.dims.length - 2;
  if (spatial > 3) call.fail('OPERATOR_UNSUPPORTED', `convolutions over ${spatial} axes are not supported.`);
  if (spatial === 3) emitSpatial(call, lowering, convolved, form);
  else emitPlanar(call, lowering, convolved, form);
}

/** Input 0 of three spatial axes with padding before and after the first of them. */
function emitPaddedDepth(
  call: OperatorCall,
  lowering: Lowering,
  [before, after]: readonly [number, number],
  { x: type, zero }: Pick<ProductForm, 'x' | 'zero'>,
): ValueId {
  const x = required(call, lowering, 0);
  if (before === 0 && after === 0) return x;
  const [n, c, depth, height, width] = call.input(0).dims as Dims5;
  const padded = lowering.temporary({ type, dims: [n, c, depth + before + after, height, width] });
  if (zero === undefined) {
    lowering.emit('pad', [x], [padded], { begins: [0, 0, before, 0, 0], value: 0 });
    return padded;
  }
  // Only the run may know the number.
  const slices = (count: number) => {
    if (count === 0) return [];
    const all = lowering.temporary({ type, dims: [n, c, count, height, width] });
    lowering.emit('strided', [zero], [all], { offset: 0, strides: [0, 0, 0, 0, 0] });
    return [all];
  };
  lowering.emit('concat', [...slices(before), x, ...slices(after)], [padded], { axis: 2 });
  return padded;
}

/**
 * A 3-D convolution as a 2-D one: the KD slices of depth that an output slice reads become channels, and output slices
 * become images. The weights (M, C, KD, KH, KW) are, without a copy, those of M × (C·KD) channels.
 */
function emitSpatial(
  call: OperatorCall,
  lowering: Lowering,
  { dims, groups, window }: Convolution,
  form: ProductForm,
): void {
  const output = lowering.output(0);
  if (output === undefined) return;
  const [n, c, depth, height, width] = call.input(0).dims as Dims5;
  const [, m, outDepth, outHeight, outWidth] = dims as Dims5;
  const [begin, end] = [window.begins[0]!, window.ends[0]!];
  const [kernel, stride, dilation] = [window.kernel[0]!, window.strides[0]!, window.dilations[0]!];
  const planes = windowAxes(window, 1, 3);
  const attributes = convolutionAttributes(call, groups, planes);
  const x = emitPaddedDepth(call, lowering, [begin, end], form);
  const [sn, sc, sd, sh, sw] = stridesOf([n, c, depth + begin + end, height, width]) as Dims5;
  const slices = lowering.temporary({ type: form.x, dims: [n, outDepth, c, kernel, height, width] });
  lowering.emit('strided', [x], [slices], { offset: 0, strides: [sn, sd * stride, sc, sd * dilation, sh, sw] });
  const w = lowering.view(required(call, lowering, 1), [m, (c / groups) * kernel, ...planes.kernel]);
  const images = lowering.view(slices, [n * outDepth, c * kernel, height, width]);
  const result = lowering.temporary({ type: form.y, dims: [n * outDepth, m, outHeight, outWidth] });
  form.emit(images, w, result, attributes);
  const plane = outHeight * outWidth;
  lowering.emit('strided', [result], [output], {
    offset: 0,
    strides: [outDepth * m * plane, plane, m * plane, outWidth, 1],
  });
}

/**
 * A 3-D transposed convolution as 2-D ones. Every stride-th output slice reads the same slices of the kernel: for each such
 * phase the input slices that an output slice reads become channels, and output slices become images, as in a convolution.
 * The results of the phases, made equally long, are then interleaved.
 */
function emitTransposedSpatial(call: OperatorCall, lowering: Lowering, { dims, groups, window }: Convolution): void {
  const output = lowering.output(0);
  if (output === undefined) return;
  const [n, c, depth, height, width] = call.input(0).dims as Dims5;
  const [, m, outDepth, outHeight, outWidth] = dims as Dims5;
  const stride = window.strides[0]!;
  if (stride > maxDepthStride)
    call.fail('OPERATOR_UNSUPPORTED', `a stride of ${stride} along the depth is not supported.`);
  const form = floatForm(lowering, 'convolutionTranspose');
  const attributes = convolutionAttributes(call, groups, windowAxes(window, 1, 3));
  const { rows, phases } = transposedPhases({
    kernel: window.kernel[0]!,
    stride,
    dilation: window.dilations[0]!,
    begin: window.begins[0]!,
    output: outDepth,
  });
  // Zeros before and after the input, so that every row reads within it.
  const read = phases.filter(({ taps }) => taps > 0);
  const before = Math.max(0, ...read.map(({ first, step, taps }) => (taps - 1) * step - first));
  const after = Math.max(0, ...read.map(({ first }) => first + rows - depth));
  const x = emitPaddedDepth(call, lowering, [before, after], form);
  const [sn, sc, sd, sh, sw] = stridesOf([n, c, depth + before + after, height, width]) as Dims5;
  const result = { type: 'float32' as const, dims: [n * rows, m, outHeight, outWidth] };
  const results = phases.map((phase) => {
    const planes = lowering.temporary(result);
    if (phase.taps === 0) {
      // Outputs that no tap reaches are the bias.
      const bias = lowering.input(2);
      const value = bias ?? lowering.constant(filled([1], 0));
      lowering.emit('strided', [value], [planes], { offset: 0, strides: [0, bias === undefined ? 0 : 1, 0, 0] });
      return planes;
    }
    const slices = floats(lowering, [n, rows, c, phase.taps, height, width]);
    lowering.emit('strided', [x], [slices], {
      offset: (before + phase.first) * sd,
      strides: [sn, sd, sc, -phase.step * sd, sh, sw],
    });
    const images = lowering.view(slices, [n * rows, c * phase.taps, height, width]);
    const w = kernelSlices(call, lowering, phase);
    form.emit(images, w, planes, attributes);
    return planes;
  });
  const joined = floats(lowering, [phases.length * n * rows, m, outHeight, outWidth]);
  lowering.emit('concat', results, [joined], { axis: 0 });
  const plane = outHeight * outWidth;
  const fine = [n, m, rows, phases.length, plane];
  const strides = [rows * m * plane, plane, m * plane, n * rows * m * plane, 1];
  const long = rows * phases.length;
  const interleaved = floats(lowering, fine);
  lowering.emit('strided', [joined], [interleaved], { offset: 0, strides });
  if (long === outDepth) lowering.emit('alias', [interleaved], [output]);
  else
    lowering.emit('strided', [interleaved], [output], {
      offset: 0,
      strides: [m * long * plane, long * plane, plane, outWidth, 1],
    });
}

/** The slices of the kernel (C,M,KD,KH,KW) that belong to a phase, as weights (C·taps,M,KH,KW). */
function kernelSlices(call: OperatorCall, lowering: Lowering, { kernel, kernelStep, taps }: TransposedPhase): ValueId {
  const { dims, type, constant } = call.input(1);
  const [c, m, , height, width] = dims as Dims5;
  const [sc, sm, sd, sh, sw] = stridesOf(dims) as Dims5;
  const fine = [c, taps, m, height, width];
  const strides = [sc, kernelStep * sd, sm, sh, sw];
  const weights = [c * taps, m, height, width];
  if (constant) {
    const rule = `slices of a kernel, ${dims.join()}, ${kernel}, ${kernelStep}, ${taps}`;
    return lowering.derived([rule, constant], () =>
      pick(constant, weights, stridedPositions(fine, strides, kernel * sd)),
    );
  }
  const slices = lowering.temporary({ type, dims: fine });
  lowering.emit('strided', [required(call, lowering, 1)], [slices], { offset: kernel * sd, strides });
  return lowering.view(slices, weights);
}

export const convolutionOperators: Record<string, Operator> = {
  Conv: {
    limits: 'One to three spatial axes.',
    infer: inferOne((call) => call.once(convolution)),
    lower: (call, lowering) => {
      requireFloat(call, call.once(convolution).type);
      emitConvolution(call, lowering, floatForm(lowering, 'convolution'));
    },
  },
  ConvTranspose: {
    limits: 'One to three spatial axes.',
    infer: inferOne((call) => call.once(transposedConvolution)),
    lower: (call, lowering) => {
      const convolved = call.once(transposedConvolution);
      requireFloat(call, convolved.type);
      const spatial = convolved.dims.length - 2;
      if (spatial > 3) {
        call.fail('OPERATOR_UNSUPPORTED', `transposed convolutions over ${spatial} axes are not supported.`);
      }
      if (spatial === 3) emitTransposedSpatial(call, lowering, convolved);
      else emitPlanar(call, lowering, convolved, floatForm(lowering, 'convolutionTranspose'));
    },
  },
};
