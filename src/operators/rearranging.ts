import { hasAttribute, intAttribute, intsAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { choiceAttribute, choicesOf, integers, ranked } from './arguments';
import { broadcast } from './broadcast';
import { emitAs, required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { broadcastStrides, pick, stridedPositions, stridesOf } from './layout';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Transpose.html and the pages of the operators below

/** The input read with other strides and dims; the result may merge some of these dims. */
interface Reading extends ValueType {
  readonly fine: readonly number[];
  readonly strides: readonly number[];
}

/** An operator whose result is a strided reading of input 0. */
function rearrangement(read: (call: OperatorCall) => Reading): Operator {
  return {
    infer: inferOne(read),
    fold: (call): Constant[] | undefined => {
      const { dims, fine, strides } = read(call);
      const constants = foldable(call, elementCount(dims));
      return constants && [pick(constants[0]!, dims, stridedPositions(fine, strides))];
    },
    lower: (call, lowering) => {
      const { type, dims, fine, strides } = read(call);
      const output = lowering.output(0);
      if (output === undefined) return;
      const x = required(call, lowering, 0);
      if (isDense(fine, strides)) lowering.emit('alias', [x], [output]);
      else {
        emitAs(lowering, output, dims, { type, dims: fine }, (target) =>
          lowering.emit('strided', [x], [target], { offset: 0, strides }),
        );
      }
    },
  };
}

/** Whether a reading takes the elements in the order of memory. */
function isDense(dims: readonly number[], strides: readonly number[]): boolean {
  const dense = stridesOf(dims);
  return dims.every((dim, axis) => dim === 1 || strides[axis] === dense[axis]);
}

function transpose(call: OperatorCall): Reading {
  const { type, dims } = call.input(0);
  const reversed = dims.map((_, axis) => dims.length - 1 - axis);
  const order = hasAttribute(call.node, 'perm') ? intsAttribute(call.node, 'perm') : reversed;
  if (order.length !== dims.length || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    call.fail('MODEL_INVALID', `perm [${order.join(', ')}] is no permutation of ${dims.length} axes.`);
  }
  const strides = stridesOf(dims);
  const result = order.map((axis) => dims[axis]!);
  return { type, dims: result, fine: result, strides: order.map((axis) => strides[axis]!) };
}

function expand(call: OperatorCall): Reading {
  const { type, dims } = call.input(0);
  const shape = integers(call, 1);
  const result = shape.every((dim) => dim >= 0) ? broadcast([dims, shape]) : undefined;
  if (!result) call.fail('SHAPE_MISMATCH', `the input cannot be broadcast to [${shape.join(', ')}].`);
  return { type, dims: result, fine: result, strides: broadcastStrides(dims, result) };
}

function tile(call: OperatorCall): Reading {
  const { type, dims } = call.input(0);
  const repeats = integers(call, 1);
  if (repeats.length !== dims.length || repeats.some((repeat) => repeat < 0)) {
    call.fail('SHAPE_MISMATCH', `repeats [${repeats.join(', ')}] do not fit ${dims.length} axes.`);
  }
  const strides = stridesOf(dims);
  return {
    type,
    dims: dims.map((dim, axis) => dim * repeats[axis]!),
    fine: dims.flatMap((dim, axis) => [repeats[axis]!, dim]),
    strides: strides.flatMap((stride) => [0, stride]),
  };
}

function blockSize(call: OperatorCall): number {
  const size = intAttribute(call.node, 'blocksize');
  if (size < 1) call.fail('MODEL_INVALID', `blocksize ${size} must be positive.`);
  return size;
}

/** Orders of depth, column and row among the channels of a block. */
const depthModes = choicesOf(['DCR', 'CRD']);

function depthToSpace(call: OperatorCall): Reading {
  const { type, dims } = ranked(call, 0, 4, 4);
  const [n, c, h, w] = dims as [number, number, number, number];
  const block = blockSize(call);
  const mode = choiceAttribute(call, 'mode', depthModes, 'DCR');
  const depth = c / (block * block);
  if (!Number.isInteger(depth)) call.fail('SHAPE_MISMATCH', `${c} channels are no multiple of ${block * block}.`);
  const map = h * w;
  // Channels are (row, column, depth) or (depth, row, column) of the block.
  const [perDepth, perRow, perColumn] =
    mode === 'DCR' ? [map, block * depth * map, depth * map] : [block * block * map, block * map, map];
  return {
    type,
    dims: [n, depth, h * block, w * block],
    fine: [n, depth, h, block, w, block],
    strides: [c * map, perDepth, w, perRow, 1, perColumn],
  };
}

function spaceToDepth(call: OperatorCall): Reading {
  const { type, dims } = ranked(call, 0, 4, 4);
  const [n, c, h, w] = dims as [number, number, number, number];
  const block = blockSize(call);
  if (h % block !== 0 || w % block !== 0) {
    call.fail('SHAPE_MISMATCH', `a map of ${h} × ${w} cannot be divided into blocks of ${block}.`);
  }
  const [rows, columns] = [h / block, w / block];
  return {
    type,
    dims: [n, c * block * block, rows, columns],
    fine: [n, block, block, c, rows, columns],
    strides: [c * h * w, w, 1, h * w, block * w, block],
  };
}

export const rearrangingOperators: Record<string, Operator> = {
  Transpose: rearrangement(transpose),
  Expand: rearrangement(expand),
  Tile: rearrangement(tile),
  DepthToSpace: rearrangement(depthToSpace),
  SpaceToDepth: rearrangement(spaceToDepth),
};
