import { hasAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { axisAttribute, commonType, integersArgument, ranked } from './arguments';
import { newElements } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Concat.html, onnx__Split.html

function concat(call: OperatorCall): ValueType & { axis: number } {
  const first = ranked(call, 0, 1).dims;
  const axis = axisAttribute(call, first.length);
  const dims = [...first];
  for (let index = 1; index < call.inputs.length; index++) {
    const other = ranked(call, index, first.length, first.length).dims;
    if (other.some((dim, i) => i !== axis && dim !== first[i])) {
      call.fail('SHAPE_MISMATCH', `inputs 0 and ${index} differ outside axis ${axis}.`);
    }
    dims[axis]! += other[axis]!;
  }
  const indices = call.inputs.map((_, index) => index);
  return { type: commonType(call, indices), dims, axis };
}

function foldConcat(call: OperatorCall): Constant[] | undefined {
  const { type, dims, axis } = concat(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const data = newElements(type, elementCount(dims));
  const rows = elementCount(dims.slice(0, axis));
  const width = elementCount(dims.slice(axis));
  let column = 0;
  for (const constant of constants) {
    const own = elementCount(constant.dims.slice(axis));
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < own; i++) data[row * width + column + i] = constant.data[row * own + i]!;
    }
    column += own;
  }
  return [{ type, dims, data }];
}

function lowerConcat(call: OperatorCall, lowering: Lowering): void {
  const { axis } = concat(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const parts = call.inputs.flatMap((input, index) =>
    input!.dims[axis]! > 0 ? [required(call, lowering, index)] : [],
  );
  if (parts.length === 1) lowering.emit('alias', parts, [output]);
  else lowering.emit('concat', parts, [output], { axis });
}

interface Split {
  readonly type: ValueType['type'];
  readonly axis: number;
  /** Lengths of the outputs along the axis. */
  readonly lengths: readonly number[];
}

function split(call: OperatorCall): Split {
  const { type, dims } = ranked(call, 0, 1);
  const axis = axisAttribute(call, dims.length, 0);
  const length = dims[axis]!;
  const stated = integersArgument(call, 1, 'split');
  if (stated) {
    if (stated.some((part) => part < 0) || stated.reduce((sum, part) => sum + part, 0) !== length) {
      call.fail('SHAPE_MISMATCH', `parts of [${stated.join(', ')}] do not make up axis ${axis}, ${length} long.`);
    }
    if (stated.length !== call.node.output.length) {
      call.fail('MODEL_INVALID', `${stated.length} parts do not match ${call.node.output.length} outputs.`);
    }
    return { type, axis, lengths: stated };
  }
  const count = hasAttribute(call.node, 'num_outputs')
    ? intAttribute(call.node, 'num_outputs')
    : call.node.output.length;
  if (count < 1 || count !== call.node.output.length) {
    call.fail('MODEL_INVALID', `num_outputs ${count} does not match ${call.node.output.length} outputs.`);
  }
  // Operator set 18 lets the last part be shorter.
  const part = Math.ceil(length / count);
  if (call.opset < 18 && part * count !== length) {
    call.fail('SHAPE_MISMATCH', `axis ${axis}, ${length} long, cannot be divided into ${count} equal parts.`);
  }
  const lengths = Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, length - i * part)));
  return { type, axis, lengths };
}

/** Dims of each output and where its first element lies in the input. */
function parts(call: OperatorCall): { dims: number[]; offset: number }[] {
  const { axis, lengths } = split(call);
  const { dims } = call.input(0);
  const stride = stridesOf(dims)[axis]!;
  let begin = 0;
  return lengths.map((length) => {
    const part = { dims: dims.map((dim, i) => (i === axis ? length : dim)), offset: begin * stride };
    begin += length;
    return part;
  });
}

function foldSplit(call: OperatorCall): Constant[] | undefined {
  const { constant } = call.input(0);
  if (!constant) return undefined;
  const strides = stridesOf(constant.dims);
  return parts(call).map(({ dims, offset }) => pick(constant, dims, stridedPositions(dims, strides, offset)));
}

function lowerSplit(call: OperatorCall, lowering: Lowering): void {
  const strides = stridesOf(call.input(0).dims);
  const x = required(call, lowering, 0);
  parts(call).forEach(({ offset }, index) => {
    const output = lowering.output(index);
    if (output !== undefined) lowering.emit('strided', [x], [output], { offset, strides });
  });
}

export const joiningOperators: Record<string, Operator> = {
  Concat: { infer: inferOne(concat), fold: foldConcat, lower: lowerConcat },
  Split: {
    infer: (call) => {
      const { type } = call.input(0);
      return parts(call).map(({ dims }) => ({ type, dims }));
    },
    fold: foldSplit,
    lower: lowerSplit,
  },
};
