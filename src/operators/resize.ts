import {
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import { choiceAttribute, choicesOf, integers, normalizeAxes, requireFloat, requireTabular } from './arguments';
import { filled, numbersOf } from './elements';
import { required } from './emission';
import { inferOne } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';
import {
  coordinateModes,
  coordinates,
  cubic,
  inside,
  interpolationTable,
  linear,
  nearestModes,
  nearestTable,
  type CoordinateMode,
  type NearestMode,
  type ResizedAxis,
} from './resize-tables';

// https://onnx.ai/onnx/operators/onnx__Resize.html, onnx__Upsample.html

interface Resize extends ValueType {
  readonly axes: readonly ResizedAxis[];
}

const ratioPolicies = choicesOf(['stretch', 'not_larger', 'not_smaller']);

/** Numbers of an input that may be absent or empty. */
function optionalNumbers(call: OperatorCall, index: number): ArrayLike<number> | undefined {
  const input = call.inputs[index];
  if (!input || input.dims.includes(0)) return undefined;
  return numbersOf(call.constant(index));
}

/** The scales of the node, whose place has changed twice between operator sets. */
function scalesOf(call: OperatorCall): ArrayLike<number> | undefined {
  if (hasAttribute(call.node, 'scales')) return floatsAttribute(call.node, 'scales');
  return optionalNumbers(call, call.node.opType === 'Upsample' || call.opset < 11 ? 1 : 2);
}

function resize(call: OperatorCall): Resize {
  const { type, dims } = call.input(0);
  const modern = call.node.opType === 'Resize' && call.opset >= 11;
  const axes = hasAttribute(call.node, 'axes')
    ? normalizeAxes(call, intsAttribute(call.node, 'axes'), dims.length)
    : dims.map((_, axis) => axis);
  const sizes = modern && optionalNumbers(call, 3) ? integers(call, 3) : undefined;
  const scales = sizes ? undefined : scalesOf(call);
  const roi = modern ? optionalNumbers(call, 1) : undefined;
  const given = sizes ?? scales;
  if (!given) call.fail('MODEL_INVALID', 'neither scales nor sizes are given.');
  if (given.length !== axes.length)
    call.fail('SHAPE_MISMATCH', `${given.length} sizes or scales meet ${axes.length} axes.`);
  axes.forEach((axis, i) => {
    if (dims[axis] === 0 && sizes && given[i]! > 0) call.fail('SHAPE_MISMATCH', `axis ${axis} has nothing to resize.`);
    // An empty axis, such as a batch of no images, stays empty.
    if (!(given[i]! > 0 && given[i]! < Infinity) && !(dims[axis] === 0 && given[i] === 0)) {
      call.fail('MODEL_INVALID', `sizes or scales [${Array.from(given).join(', ')}] must be positive.`);
    }
  });
  const crops = stringAttribute(call.node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  if (crops && roi?.length !== 2 * axes.length) call.fail('MODEL_INVALID', `roi must have ${2 * axes.length} numbers.`);
  const resized = dims.map((size) => ({ input: size, output: size, scale: 1, start: 0, end: 1 }));
  const common = sizes && commonScale(call, axes, sizes);
  axes.forEach((axis, i) => {
    const input = dims[axis]!;
    if (input === 0) return;
    const scale = Math.fround(scales?.[i] ?? common ?? sizes![i]! / input);
    // In float32, as in other runtimes: 5 × 1.4 is 7 then, and less in double precision.
    const length = Math.fround(input * scale);
    const output = scales ? Math.floor(length) : common === undefined ? sizes![i]! : Math.round(length);
    resized[axis] = { input, output, scale, start: roi?.[i] ?? 0, end: roi?.[axes.length + i] ?? 1 };
  });
  return { type, dims: resized.map(({ output }) => output), axes: resized };
}

/** The scale of all axes where the node keeps their ratio. */
function commonScale(call: OperatorCall, axes: readonly number[], sizes: readonly number[]): number | undefined {
  const policy = choiceAttribute(call, 'keep_aspect_ratio_policy', ratioPolicies, 'stretch');
  if (policy === 'stretch') return undefined;
  const { dims } = call.input(0);
  const scales = axes.flatMap((axis, i) => (dims[axis] === 0 ? [] : Math.fround(sizes[i]! / dims[axis]!)));
  return policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
}

interface Sampling {
  readonly kind: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
}

function sampling(call: OperatorCall): Sampling {
  const { node } = call;
  const mode = stringAttribute(node, 'mode', 'nearest');
  const kind = mode === 'bilinear' || mode === 'trilinear' ? 'linear' : mode;
  if (kind !== 'nearest' && kind !== 'linear' && kind !== 'cubic') {
    call.fail('OPERATOR_UNSUPPORTED', `mode '${mode}' is not one of nearest, linear, cubic.`);
  }
  if (node.opType === 'Upsample') return { kind, coordinates: 'asymmetric', nearest: 'floor' };
  if (call.opset < 11) return { kind, coordinates: 'asymmetric', nearest: 'simple' };
  const transformation = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') as CoordinateMode;
  if (!coordinateModes.includes(transformation)) {
    call.fail('OPERATOR_UNSUPPORTED', `coordinate_transformation_mode '${transformation}' is not supported.`);
  }
  const nearest = stringAttribute(node, 'nearest_mode', 'round_prefer_floor') as NearestMode;
  if (!nearestModes.includes(nearest)) call.fail('OPERATOR_UNSUPPORTED', `nearest_mode '${nearest}' is not supported.`);
  return { kind, coordinates: transformation, nearest };
}

/** One axis to resize, and the places in the input of its output elements. */
interface Step {
  readonly axis: number;
  readonly resized: ResizedAxis;
  readonly places: Float64Array;
}

/** Resizes one axis of `x`, taking the input elements that belong to `places`. */
function emitAxis(
  call: OperatorCall,
  lowering: Lowering,
  how: Sampling,
  { x, y, axis, resized, places }: Step & { readonly x: ValueId; readonly y: ValueId },
): void {
  if (how.kind === 'nearest') {
    const data = nearestTable(places, resized, how.nearest);
    const index = lowering.constant({ type: 'int32', dims: [data.length], data });
    lowering.emit('gather', [x, index], [y], { axis });
    return;
  }
  const { node } = call;
  const interpolation = how.kind === 'linear' ? linear : cubic(floatAttribute(node, 'cubic_coeff_a', -0.75));
  const table = interpolationTable(places, resized, interpolation, {
    excludeOutside: intAttribute(node, 'exclude_outside', 0) !== 0,
    antialias: intAttribute(node, 'antialias', 0) !== 0,
  });
  const dims = [places.length, table.taps];
  const index = lowering.constant({ type: 'int32', dims, data: table.index });
  const weight = lowering.constant({ type: 'float32', dims, data: table.weight });
  lowering.emit('interpolate', [x, index, weight], [y], { axis });
}

function lowerResize(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, axes } = resize(call);
  const how = sampling(call);
  const crops = how.coordinates === 'tf_crop_and_resize';
  if (how.kind !== 'nearest' || crops) requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const begins = dims.map(() => 0);
  const within = [...dims];
  const steps: Step[] = [];
  axes.forEach((resized, axis) => {
    const identity = resized.scale === 1 && resized.input === resized.output;
    if (identity && !(crops && (resized.start !== 0 || resized.end !== 1))) return;
    requireTabular(call, Math.max(resized.input, resized.output));
    const places = coordinates(how.coordinates, resized);
    const [from, to] = crops ? inside(places, resized.input) : [0, places.length];
    begins[axis] = from;
    within[axis] = to - from;
    steps.push({ axis, resized, places: places.slice(from, to) });
  });
  const outside = floatAttribute(call.node, 'extrapolation_value', 0);
  if (within.includes(0)) {
    lowering.emit('alias', [lowering.constant(filled(dims, outside))], [output]);
    return;
  }
  // Axes that shrink first, which reduces the work of the others.
  steps.sort((a, b) => a.places.length / a.resized.input - b.places.length / b.resized.input);
  const padded = within.some((dim, axis) => dim !== dims[axis]);
  const partial = [...call.input(0).dims];
  let value = required(call, lowering, 0);
  steps.forEach(({ axis, resized, places }, i) => {
    partial[axis] = places.length;
    const last = i === steps.length - 1 && !padded;
    const result = last ? output : lowering.temporary({ type, dims: [...partial] });
    emitAxis(call, lowering, how, { x: value, y: result, axis, resized, places });
    value = result;
  });
  if (padded) lowering.emit('pad', [value], [output], { begins, value: outside });
  else if (steps.length === 0) lowering.emit('alias', [value], [output]);
}

const operator: Operator = { infer: inferOne(resize), lower: lowerResize };

export const resizeOperators: Record<string, Operator> = { Resize: operator, Upsample: operator };
