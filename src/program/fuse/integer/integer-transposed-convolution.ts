import { elementCount, sameDims } from '../../../onnx/value';
import { newBytes, type ByteType } from '../../byte-quantization';
import {
  operationOf,
  type Attributes,
  type Operation,
  type Origin,
  type ProgramOperation,
  type ValueId,
} from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';
import { transposedPhases, type TransposedPhase } from '../../transposed-phases';
import { integerBias, sumOperands, type IntegerResult } from './integer-sums';
import { digestOf, type Dequantized, type QuantizedProgram, type QuantizedWeights } from './quantization';

/** Limit of the phases of both axes together: each may be a convolution. */
const mostPhases = 64;

/** Limit of a kernel along an axis, since its taps are listed. */
const longestKernel = 2 ** 16;

/** Strides of more elements do not fit an operation's attributes. */
const largestMap = 2 ** 31 - 1;

type Dims4 = readonly [images: number, channels: number, height: number, width: number];

/** How the outputs of a phase, along one axis, are those of a convolution of stride 1. */
interface PhaseWindow {
  /** Taps of the kernel, in the convolution's order; none where these outputs read nothing. */
  readonly taps: readonly number[];
  readonly dilation: number;
  /** Elements to add before and after the map; negative ones are cropped. */
  readonly before: number;
  readonly after: number;
}

/** A phase of both axes. */
type PlaneWindow = readonly [vertical: PhaseWindow, horizontal: PhaseWindow];

/**
 * A transposed convolution of bytes: a convolution for each phase of the strides, or one of all phases where they have the
 * same window, whose results are interleaved.
 */
export function integerTransposedConvolution(
  { inputs: [x, w, b], outputs, attributes, origin }: Operation<'convolutionTranspose'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  result: IntegerResult,
): ProgramOperation[] | undefined {
  const data = quantized.bytesOf(x);
  const weights = quantized.weightsOf(w, 1);
  if (!data || !weights || attributes.activation.name !== 'none') return undefined;
  const input = rewriter.valueOf(x!).dims as Dims4;
  const output = rewriter.valueOf(outputs[0]!).dims as Dims4;
  const phases = planePhases(attributes, weights.constant.dims as Dims4, input, output);
  if (!phases) return undefined;
  const [images, channels] = output;
  const { groups } = attributes;
  const perGroup = channels / groups;
  const scales = Float32Array.from({ length: channels }, (_, m) => data.scale * weights.scales[m % perGroup]!);
  const bias = integerBias(b, scales, result, quantized);
  if (!bias) return undefined;
  const { windows, rows, columns } = phases;
  const isOne = windows.every((window) => isAlike(window, windows[0]!));
  const type = rewriter.valueOf(result.output).type as 'float32' | ByteType;
  const operations: ProgramOperation[] = [];
  const maps: ValueId[] = [];
  for (const alike of isOne ? [windows] : windows.map((window) => [window])) {
    const outputChannels = channels * alike.length;
    const dims = [images, outputChannels, rows, columns];
    const y = windows.length === 1 ? result.output : quantized.temporary(type, dims);
    const { bytes, before } = cropped(data, input, alike[0]!, quantized, origin);
    const sums = {
      data: { ...data, bytes },
      weights: phaseWeights(weights, alike, groups, quantized),
      scales: Float32Array.from({ length: outputChannels }, (_, m) => scales[Math.floor(m / alike.length)]!),
      bias: Int32Array.from({ length: outputChannels }, (_, m) => bias[Math.floor(m / alike.length)]!),
    };
    const operands = sumOperands(sums, result, quantized);
    if (!operands) return undefined;
    const given = { groups, strides: [1, 1], ...windowAttributes(alike[0]!), ...result.attributes };
    operations.push(...before, operationOf('integerConvolution', operands, [y], origin, given));
    maps.push(y);
  }
  if (windows.length === 1) return operations;
  return [...operations, ...interleaved(maps, phases, result.output, quantized, rewriter, origin)];
}

/** The phases of both axes, the horizontal ones innermost, and how many each axis has. */
interface PlanePhases {
  readonly windows: readonly PlaneWindow[];
  readonly down: number;
  readonly across: number;
  /** Size of each phase's result. */
  readonly rows: number;
  readonly columns: number;
}

/** Undefined where there are too many phases or taps, or no elements. */
function planePhases(
  { strides, dilations, pads }: Attributes<'convolutionTranspose'>,
  kernel: Dims4,
  input: Dims4,
  output: Dims4,
): PlanePhases | undefined {
  const [images, channels] = output;
  const [down, across] = [2, 3].map((axis) => Math.min(strides[axis - 2]!, output[axis]!)) as [number, number];
  if (elementCount([...input, ...output]) === 0 || down * across > mostPhases) return undefined;
  if (Math.max(kernel[2], kernel[3]) > longestKernel) return undefined;
  const windowsOf = (axis: 2 | 3) => {
    const { rows, phases } = transposedPhases({
      kernel: kernel[axis],
      stride: strides[axis - 2]!,
      dilation: dilations[axis - 2]!,
      begin: pads[axis - 2]!,
      output: output[axis],
    });
    return { rows, windows: phases.map((phase) => phaseWindow(phase, input[axis], rows)) };
  };
  const [vertical, horizontal] = [windowsOf(2), windowsOf(3)];
  const [rows, columns] = [vertical.rows, horizontal.rows];
  if (elementCount([images, channels, rows, down, columns, across]) > largestMap) return undefined;
  const windows = vertical.windows.flatMap((row) => horizontal.windows.map((column): PlaneWindow => [row, column]));
  return { windows, down, across, rows, columns };
}

/** Of a phase with so many rows, of a map with so many elements. */
function phaseWindow(phase: TransposedPhase, elements: number, rows: number): PhaseWindow {
  const { first, step, kernel, kernelStep } = phase;
  const reach = (phase.taps - 1) * step;
  // Where all taps lie beyond the map, outputs are as those of no tap.
  if (phase.taps === 0 || first - reach >= elements || first + rows <= 0)
    return { taps: [], dilation: 1, before: 0, after: rows - elements };
  const taps = Array.from({ length: phase.taps }, (_, i) => kernel + (phase.taps - 1 - i) * kernelStep);
  return { taps, dilation: step, before: reach - first, after: first + rows - elements };
}

/** Whether two phases read the map alike. */
function isAlike(one: PlaneWindow, other: PlaneWindow): boolean {
  const placeOf = (window: PlaneWindow) =>
    window.map(({ taps, dilation, before, after }) => [taps.length, dilation, before, after].join()).join();
  return placeOf(one) === placeOf(other);
}

/** The bytes that a phase reads, without those that it does not reach, and the operation that crops them. */
function cropped(
  data: Dequantized,
  [images, channels, ...sizes]: Dims4,
  window: PlaneWindow,
  quantized: QuantizedProgram,
  origin: Origin,
): { readonly bytes: ValueId; readonly before: readonly ProgramOperation[] } {
  const cut = (pad: number) => Math.min(pad, 0);
  if (window.every(({ before, after }) => before >= 0 && after >= 0)) return { bytes: data.bytes, before: [] };
  const kept = sizes.map((size, axis) => size + cut(window[axis]!.before) + cut(window[axis]!.after));
  const bytes = quantized.temporary(data.type, [images, channels, ...kept]);
  const begins = [0, 0, ...window.map(({ before }) => cut(before))];
  return { bytes, before: [operationOf('pad', [data.bytes], [bytes], origin, { begins, value: 0 })] };
}

function windowAttributes(window: PlaneWindow) {
  const added = (pad: number) => Math.max(pad, 0);
  return {
    dilations: window.map(({ dilation }) => dilation),
    pads: [...window.map(({ before }) => added(before)), ...window.map(({ after }) => added(after))],
  };
}

/**
 * The taps (C,M/groups,KH,KW) of phases that read the map alike, as weights (M·phases,C/groups,KH,KW) of a convolution. A phase
 * without taps has one of zero.
 */
function phaseWeights(
  { constant, scales, zeroPoints }: QuantizedWeights,
  phases: readonly PlaneWindow[],
  groups: number,
  quantized: QuantizedProgram,
): QuantizedWeights {
  const [channels, perGroup, kernelHeight, kernelWidth] = constant.dims as Dims4;
  const depth = channels / groups;
  const sizes = phases[0]!.map(({ taps }) => Math.max(taps.length, 1));
  const dims = [groups * perGroup * phases.length, depth, ...sizes];
  const type = constant.type as ByteType;
  const zeros = Int32Array.from({ length: dims[0]! }, (_, m) => zeroPoints[Math.floor(m / phases.length) % perGroup]!);
  const make = () => {
    const from = constant.data as Int8Array;
    const data = newBytes(type, elementCount(dims));
    let at = 0;
    for (let m = 0; m < groups * perGroup; m++) {
      for (const [rows, columns] of phases) {
        for (let c = 0; c < depth; c++) {
          const kernel = ((Math.floor(m / perGroup) * depth + c) * perGroup + (m % perGroup)) * kernelHeight;
          if (rows.taps.length * columns.taps.length === 0) {
            data.fill(zeroPoints[m % perGroup]!, at, (at += sizes[0]! * sizes[1]!));
            continue;
          }
          for (const row of rows.taps)
            for (const column of columns.taps) data[at++] = from[(kernel + row) * kernelWidth + column]!;
        }
      }
    }
    return { type, dims, data };
  };
  const rule = `taps of ${groups} groups: ${JSON.stringify(phases.map((axes) => axes.map(({ taps }) => taps)))} ${digestOf(zeroPoints)}`;
  const bytes = quantized.derived(rule, [constant], make);
  return { bytes, constant: quantized.constantOf(bytes)!, scales, zeroPoints: zeros };
}

/**
 * Joins the maps of all phases, each an operation's result or, of one operation, the phases of each channel after each other, to
 * `output`.
 */
function interleaved(
  maps: readonly ValueId[],
  { down, across, rows, columns }: PlanePhases,
  output: ValueId,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
  origin: Origin,
): ProgramOperation[] {
  const { dims, type } = rewriter.valueOf(output);
  const [images, channels, height, width] = dims as Dims4;
  const elementType = type as 'float32' | ByteType;
  const operations: ProgramOperation[] = [];
  let joined = maps[0]!;
  if (maps.length > 1) {
    joined = quantized.temporary(elementType, [maps.length * images, channels, rows, columns]);
    operations.push(operationOf('concat', maps, [joined], origin, { axis: 0 }));
  }
  const plane = rows * columns;
  const [image, channel, phase] =
    maps.length > 1
      ? [channels * plane, plane, images * channels * plane]
      : [channels * down * across * plane, down * across * plane, plane];
  const fine = quantized.temporary(elementType, [images, channels, rows, down, columns, across]);
  const strides = [image, channel, columns, across * phase, 1, phase];
  operations.push(operationOf('strided', [joined], [fine], origin, { offset: 0, strides }));
  const [long, wide] = [rows * down, columns * across];
  const isWhole = sameDims([long, wide], [height, width]);
  const crop = { offset: 0, strides: [channels * long * wide, long * wide, wide, 1] };
  operations.push(
    isWhole ? operationOf('alias', [fine], [output], origin) : operationOf('strided', [fine], [output], origin, crop),
  );
  return operations;
}
