import { elementCount } from '../onnx/value';
import { axisAttribute, requireFloat } from './arguments';
import { filled } from './elements';
import { floats, required } from './emission';
import { inferOne, likeInput } from './inference';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Softmax.html, onnx__LogSoftmax.html, onnx__Hardmax.html

/** The input as (outer, n, inner), with the softmax over n. */
function competition(call: OperatorCall): [outer: number, n: number, inner: number] {
  const { dims } = call.input(0);
  if (dims.length === 0) return [1, 1, 1];
  if (call.opset < 13) {
    // The input is flattened to two axes.
    const axis = axisAttribute(call, dims.length, dims.length === 1 ? 0 : 1);
    return [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis)), 1];
  }
  const axis = axisAttribute(call, dims.length, -1);
  return [elementCount(dims.slice(0, axis)), dims[axis]!, elementCount(dims.slice(axis + 1))];
}

function softmax(log: boolean): Operator {
  return {
    infer: inferOne((call) => {
      competition(call);
      return call.input(0);
    }),
    lower: (call, lowering) => {
      requireFloat(call, call.input(0).type);
      const [, n, inner] = competition(call);
      const output = lowering.output(0);
      if (output === undefined) return;
      lowering.emit('softmax', [required(call, lowering, 0)], [output], { n, inner, logarithm: log });
    },
  };
}

/** 1 where the first of the greatest is, 0 elsewhere: its index, compared with every index. */
function lowerHardmax(call: OperatorCall, lowering: Lowering): void {
  requireFloat(call, call.input(0).type);
  const [outer, n, inner] = competition(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const { dims } = call.input(0);
  if (dims.includes(0)) {
    lowering.emit('alias', [lowering.constant(filled(dims, 0))], [output]);
    return;
  }
  const x = lowering.view(required(call, lowering, 0), [outer, n, inner]);
  const winner = lowering.temporary({ type: 'int64', dims: [outer, 1, inner] });
  lowering.emit('argReduce', [x], [winner], { axis: 1, extreme: 'max', selectLast: false });
  const index = floats(lowering, [outer, 1, inner]);
  lowering.emit('cast', [winner], [index]);
  const every = lowering.constant({
    type: 'float32',
    dims: [n, 1],
    data: Float32Array.from({ length: n }, (_, i) => i),
  });
  const equal = lowering.temporary({ type: 'bool', dims: [outer, n, inner] });
  lowering.emit('compare', [index, every], [equal], { function: 'equal' });
  const result = floats(lowering, [outer, n, inner]);
  lowering.emit('cast', [equal], [result]);
  lowering.emit('alias', [result], [output]);
}

export const softmaxOperators: Record<string, Operator> = {
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
  Hardmax: { infer: inferOne(likeInput), lower: lowerHardmax },
};
