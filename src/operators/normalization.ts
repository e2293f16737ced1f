import { floatAttribute, intAttribute, intsAttribute } from '../onnx/attribute';
import { elementCount, type ValueType } from '../onnx/value';
import type { ReduceName } from '../program/operation';
import { axisAttribute, commonType, normalizeAxes, ranked, requireFloat } from './arguments';
import { requireBroadcastTo } from './broadcast';
import { constantOf, filled, numbersOf } from './elements';
import { emitAs, emitBinary, emitUnary, floats, required } from './emission';
import { inferOne, likeInput } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html and the pages of the operators below

/** Throws unless the inputs `indices` are vectors of `length`. */
function requireVectors(call: OperatorCall, indices: readonly number[], length: number): void {
  for (const index of indices) {
    const { dims } = call.input(index);
    if (dims.length !== 1 || dims[0] !== length) {
      call.fail('SHAPE_MISMATCH', `input ${index} must have ${length} elements.`);
    }
  }
}

/** Whether each point has its own statistics, of shape (C, ...), which is possible before operator set 9. */
function isOfPoints(call: OperatorCall): boolean {
  return call.opset < 9 && intAttribute(call.node, 'spatial', 1) === 0;
}

/** Dims with an axis of channels: a vector has one channel. */
function withChannels(dims: readonly number[]): readonly number[] {
  return dims.length === 1 ? [...dims, 1] : dims;
}

function batchNormalization(call: OperatorCall): ValueType[] {
  const x = ranked(call, 0, 1);
  const dims = isOfPoints(call) ? x.dims.slice(1) : [withChannels(x.dims)[1]!];
  // Their shapes differ between operator sets, and the engine refuses this form anyway.
  const isRefused = isOfPoints(call) && isTraining(call);
  for (const index of isRefused ? [] : [1, 2, 3, 4]) {
    if (call.input(index).dims.join() !== dims.join()) {
      call.fail('SHAPE_MISMATCH', `input ${index} must have the shape [${dims.join(', ')}].`);
    }
  }
  const statistic: ValueType = { type: call.input(3).type, dims };
  return [{ type: x.type, dims: x.dims }, statistic, statistic, statistic, statistic];
}

/** Whether the batch gives the statistics; before operator set 14, where there are outputs for them. */
function isTraining({ opset, node }: OperatorCall): boolean {
  return opset >= 14 ? intAttribute(node, 'training_mode', 0) !== 0 : node.output.slice(1).some((name) => name !== '');
}

/** y = scale·x + shift with scale = gamma / sqrt(variance + epsilon), shift = beta - mean·scale. */
function lowerBatchNormalization(call: OperatorCall, lowering: Lowering): void {
  const [{ type, dims }, statistic] = batchNormalization(call) as [ValueType, ValueType];
  requireFloat(call, type);
  if (isTraining(call)) return lowerTrainedNormalization(call, lowering);
  const output = lowering.output(0);
  if (output === undefined) return;
  const statistics = [1, 2, 3, 4].map((index) => call.constant(index));
  const [gamma, beta, mean, variance] = statistics.map(numbersOf);
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  const scaleOf = (c: number) => gamma![c]! / Math.sqrt(variance![c]! + epsilon);
  const derived = (name: string, element: (c: number) => number) =>
    lowering.derived([`batch normalization, ${name}, ${epsilon}`, ...statistics], () =>
      constantOf(
        'float32',
        statistic.dims,
        Float64Array.from({ length: gamma!.length }, (_, c) => element(c)),
      ),
    );
  const x = required(call, lowering, 0);
  const scale = derived('scale', scaleOf);
  const shift = derived('shift', (c) => beta![c]! - mean![c]! * scaleOf(c));
  if (!isOfPoints(call)) {
    emitScaleShift(lowering, x, dims, [scale, shift], output);
    return;
  }
  const scaled = floats(lowering, dims);
  emitBinary(lowering, 'mul', x, scale, scaled);
  emitBinary(lowering, 'add', scaled, shift, output);
}

/** scale·x + shift of each channel. */
function emitScaleShift(
  lowering: Lowering,
  x: ValueId,
  dims: readonly number[],
  factors: readonly ValueId[],
  output: ValueId,
): void {
  const seen = withChannels(dims);
  emitAs(lowering, output, dims, { type: 'float32', dims: seen }, (target) =>
    lowering.emit('scaleShift', [seenAs(lowering, x, dims, seen), ...factors], [target]),
  );
}

/** A value viewed with other dims. */
function seenAs(lowering: Lowering, value: ValueId, dims: readonly number[], others: readonly number[]): ValueId {
  return dims.length === others.length ? value : lowering.view(value, others);
}

/**
 * Normalises by the mean and variance of the batch itself. The outputs beyond the first are the given statistics moved
 * towards those of the batch; before operator set 14 then the mean of the batch and 1 / sqrt(variance + epsilon), as in
 * onnxruntime.
 */
function lowerTrainedNormalization(call: OperatorCall, lowering: Lowering): void {
  if (isOfPoints(call)) {
    call.fail('OPERATOR_UNSUPPORTED', 'statistics of each point (spatial = 0) are not computed of a batch.', {
      remedy: 'Export the model for inference.',
    });
  }
  const given = call.input(0).dims;
  const dims = withChannels(given);
  const x = seenAs(lowering, required(call, lowering, 0), given, dims);
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== 1);
  const kept = dims.map((dim, axis) => (axis === 1 ? dim : 1));
  const channels = [dims[1]!];
  const means = emitReduce(lowering, 'mean', x, dims, axes);
  const { centred, variance } = emitVariance(lowering, x, means, dims, axes);
  const [raised, root, inverse] = [0, 1, 2].map(() => floats(lowering, kept)) as [ValueId, ValueId, ValueId];
  emitUnary(lowering, 'linear', variance, raised, { a: 1, b: floatAttribute(call.node, 'epsilon', 1e-5) });
  emitUnary(lowering, 'sqrt', raised, root);
  emitUnary(lowering, 'reciprocal', root, inverse);
  const output = lowering.output(0);
  if (output !== undefined) {
    const normalized = floats(lowering, dims);
    emitBinary(lowering, 'mul', centred, inverse, normalized);
    emitScaleShift(lowering, normalized, given, [required(call, lowering, 1), required(call, lowering, 2)], output);
  }
  const momentum = floatAttribute(call.node, 'momentum', 0.9);
  [means, variance].forEach((statistic, index) => {
    const moved = lowering.output(1 + index);
    if (moved === undefined) return;
    const [old, own] = [floats(lowering, channels), floats(lowering, channels)];
    emitUnary(lowering, 'linear', required(call, lowering, 3 + index), old, { a: momentum });
    emitUnary(lowering, 'linear', lowering.view(statistic, channels), own, { a: 1 - momentum });
    emitBinary(lowering, 'add', old, own, moved);
  });
  [means, inverse].forEach((statistic, index) => {
    const saved = lowering.output(3 + index);
    if (saved !== undefined) lowering.emit('alias', [statistic], [saved]);
  });
}

function instanceNormalization(call: OperatorCall): ValueType {
  const x = ranked(call, 0, 3);
  requireVectors(call, [1, 2], x.dims[1]!);
  return { type: commonType(call, [0, 1, 2]), dims: x.dims };
}

function lowerInstanceNormalization(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = instanceNormalization(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const normalized = floats(lowering, dims);
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  lowering.emit('normalize', [required(call, lowering, 0)], [normalized], {
    inner: elementCount(dims.slice(2)),
    epsilon,
  });
  const factors = [required(call, lowering, 1), required(call, lowering, 2)];
  lowering.emit('scaleShift', [normalized, ...factors], [output]);
}

function groupNormalization(call: OperatorCall): ValueType {
  const x = ranked(call, 0, 3);
  const groups = intAttribute(call.node, 'num_groups');
  const channels = x.dims[1]!;
  if (groups < 1 || channels % groups !== 0) {
    call.fail('SHAPE_MISMATCH', `${channels} channels cannot be divided into ${groups} groups.`);
  }
  // Operator set 18 scales groups, 21 channels.
  requireVectors(call, [1, 2], call.opset < 21 ? groups : channels);
  return { type: x.type, dims: x.dims };
}

function lowerGroupNormalization(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = groupNormalization(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const groups = intAttribute(call.node, 'num_groups');
  const channels = dims[1]!;
  const factors = [1, 2].map((index) => {
    const factor = required(call, lowering, index);
    if (call.opset >= 21) return factor;
    const repeated = floats(lowering, [groups, channels / groups]);
    lowering.emit('strided', [factor], [repeated], { offset: 0, strides: [1, 0] });
    return lowering.view(repeated, [channels]);
  });
  const normalized = floats(lowering, dims);
  const inner = (channels / groups) * elementCount(dims.slice(2));
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  lowering.emit('normalize', [required(call, lowering, 0)], [normalized], { inner, epsilon });
  lowering.emit('scaleShift', [normalized, ...factors], [output]);
}

function layerNormalization(call: OperatorCall): ValueType[] {
  const x = ranked(call, 0, 1);
  const axis = axisAttribute(call, x.dims.length, -1);
  for (const index of call.inputs[2] ? [1, 2] : [1]) {
    requireBroadcastTo(call, call.input(index).dims, x.dims);
  }
  const statistic: ValueType = { type: 'float32', dims: x.dims.map((dim, i) => (i < axis ? dim : 1)) };
  return [{ type: x.type, dims: x.dims }, statistic, statistic];
}

function lowerLayerNormalization(call: OperatorCall, lowering: Lowering): void {
  const [{ type, dims }] = layerNormalization(call) as [ValueType];
  requireFloat(call, type);
  emitStatistics(call, lowering, dims);
  const output = lowering.output(0);
  if (output === undefined) return;
  const inner = elementCount(dims.slice(axisAttribute(call, dims.length, -1)));
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  const normalized = floats(lowering, dims);
  lowering.emit('normalize', [required(call, lowering, 0)], [normalized], { inner, epsilon });
  const bias = lowering.input(2);
  const scaled = bias === undefined ? output : floats(lowering, dims);
  emitBinary(lowering, 'mul', normalized, required(call, lowering, 1), scaled);
  if (bias !== undefined) emitBinary(lowering, 'add', scaled, bias, output);
}

/** LayerNormalization's outputs Mean and InvStdDev = 1 / sqrt(variance + epsilon), where they are wanted. */
function emitStatistics(call: OperatorCall, lowering: Lowering, dims: readonly number[]): void {
  const [mean, deviation] = [lowering.output(1), lowering.output(2)];
  if (mean === undefined && deviation === undefined) return;
  const x = required(call, lowering, 0);
  const axes = dims.map((_, axis) => axis).slice(axisAttribute(call, dims.length, -1));
  const means = emitReduce(lowering, 'mean', x, dims, axes);
  if (mean !== undefined) lowering.emit('alias', [means], [mean]);
  if (deviation === undefined) return;
  const { variance } = emitVariance(lowering, x, means, dims, axes);
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const raised = floats(lowering, kept);
  emitUnary(lowering, 'linear', variance, raised, { a: 1, b: floatAttribute(call.node, 'epsilon', 1e-5) });
  const root = floats(lowering, kept);
  emitUnary(lowering, 'sqrt', raised, root);
  emitUnary(lowering, 'reciprocal', root, deviation);
}

function lowerLocalResponse(call: OperatorCall, lowering: Lowering): void {
  requireFloat(call, ranked(call, 0, 3).type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const { node } = call;
  const size = intAttribute(node, 'size');
  if (size < 1) call.fail('MODEL_INVALID', `size ${size} must be positive.`);
  lowering.emit('localResponse', [required(call, lowering, 0)], [output], {
    size,
    alpha: floatAttribute(node, 'alpha', 1e-4),
    beta: floatAttribute(node, 'beta', 0.75),
    bias: floatAttribute(node, 'bias', 1),
  });
}

/** The value of `x` reduced over `axes`, which stay as 1. */
function emitReduce(
  lowering: Lowering,
  name: ReduceName,
  x: ValueId,
  dims: readonly number[],
  axes: readonly number[],
): ValueId {
  const result = floats(
    lowering,
    dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  );
  lowering.emit('reduce', [x], [result], { function: name, axes });
  return result;
}

/** The distances of `x` from its means over `axes`, and the mean of their squares. */
function emitVariance(
  lowering: Lowering,
  x: ValueId,
  means: ValueId,
  dims: readonly number[],
  axes: readonly number[],
): { centred: ValueId; variance: ValueId } {
  const centred = floats(lowering, dims);
  emitBinary(lowering, 'sub', x, means, centred);
  const squares = floats(lowering, dims);
  emitBinary(lowering, 'mul', centred, centred, squares);
  return { centred, variance: emitReduce(lowering, 'mean', squares, dims, axes) };
}

/** (x - mean) / (deviation + 1e-9) over some axes, as the ONNX function defines it. */
function lowerMeanVariance(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  requireFloat(call, type);
  const axes = normalizeAxes(call, intsAttribute(call.node, 'axes', [0, 2, 3]), dims.length);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  const means = emitReduce(lowering, 'mean', x, dims, axes);
  const { centred, variance } = emitVariance(lowering, x, means, dims, axes);
  const rest = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const deviation = floats(lowering, rest);
  emitUnary(lowering, 'sqrt', variance, deviation);
  const divisor = floats(lowering, rest);
  emitUnary(lowering, 'linear', deviation, divisor, { a: 1, b: 1e-9 });
  emitBinary(lowering, 'div', centred, divisor, output);
}

/** x / norm along one axis; a row of zeros stays zero. */
function lowerLpNormalization(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  requireFloat(call, type);
  const axis = axisAttribute(call, dims.length, -1);
  const p = intAttribute(call.node, 'p', 2);
  if (p !== 1 && p !== 2) call.fail('MODEL_INVALID', `p = ${p} must be 1 or 2.`);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  const norm = emitReduce(lowering, p === 1 ? 'l1' : 'l2', x, dims, [axis]);
  const kept = dims.map((dim, i) => (i === axis ? 1 : dim));
  const divisor = floats(lowering, kept);
  const isZero = lowering.temporary({ type: 'bool', dims: kept });
  lowering.emit('compare', [norm, lowering.constant(filled([], 0))], [isZero], { function: 'equal' });
  // A row of zeros stays zero, with a finite gradient.
  lowering.emit('select', [isZero, lowering.constant(filled([], 1)), norm], [divisor]);
  emitBinary(lowering, 'div', x, divisor, output);
}

export const normalizationOperators: Record<string, Operator> = {
  BatchNormalization: {
    infer: batchNormalization,
    lower: lowerBatchNormalization,
    limits:
      'Statistics are known before the run, or those of the batch (training mode); the latter of channels only (spatial = 1).',
  },
  InstanceNormalization: { infer: inferOne(instanceNormalization), lower: lowerInstanceNormalization },
  GroupNormalization: { infer: inferOne(groupNormalization), lower: lowerGroupNormalization },
  LayerNormalization: { infer: layerNormalization, lower: lowerLayerNormalization },
  LRN: { infer: inferOne(likeInput), lower: lowerLocalResponse },
  MeanVarianceNormalization: { infer: inferOne(likeInput), lower: lowerMeanVariance },
  LpNormalization: { infer: inferOne(likeInput), lower: lowerLpNormalization },
};
