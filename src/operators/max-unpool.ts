import { hasAttribute, intsAttribute } from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import { integers, ranked, requireFloat } from './arguments';
import { required } from './emission';
import { inferOne } from './inference';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';
import { explicitPads, steps } from './window';

// https://onnx.ai/onnx/operators/onnx__MaxUnpool.html

function maxUnpool(call: OperatorCall): ValueType {
  const { type, dims } = ranked(call, 0, 3);
  const indices = call.input(1);
  if (indices.type !== 'int64') call.fail('TYPE_MISMATCH', `indices must be int64, not ${indices.type}.`);
  if (indices.dims.length !== dims.length || indices.dims.some((dim, axis) => dim !== dims[axis])) {
    call.fail('SHAPE_MISMATCH', 'every element must have an index.');
  }
  const rank = dims.length - 2;
  if (!hasAttribute(call.node, 'kernel_shape')) call.fail('MODEL_INVALID', "attribute 'kernel_shape' is missing.");
  const kernel = intsAttribute(call.node, 'kernel_shape');
  if (kernel.length !== rank || kernel.some((size) => size < 1)) {
    call.fail('SHAPE_MISMATCH', `a kernel of [${kernel.join(', ')}] does not fit a map of ${rank} axes.`);
  }
  const strides = steps(call, 'strides', rank);
  const { begins, ends } = explicitPads(call, rank);
  const given = call.inputs[2] && integers(call, 2);
  const pooled = kernel.map((size, i) => (dims[2 + i]! - 1) * strides[i]! + size - begins[i]! - ends[i]!);
  const result = given ?? [...dims.slice(0, 2), ...pooled];
  if (result.length !== dims.length || result.some((dim) => dim < 0)) {
    call.fail('SHAPE_MISMATCH', `[${result.join(', ')}] is no shape of a result.`);
  }
  return { type, dims: result };
}

function lowerMaxUnpool(call: OperatorCall, lowering: Lowering): void {
  requireFloat(call, maxUnpool(call).type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const [x, indices] = [required(call, lowering, 0), required(call, lowering, 1)];
  lowering.emit('maxUnpool', [x, indices], [output]);
}

export const maxUnpoolOperators: Record<string, Operator> = {
  MaxUnpool: { infer: inferOne(maxUnpool), lower: lowerMaxUnpool },
};
