import { hasAttribute, intAttribute } from '../onnx/attribute';
import { normalizeAxis } from './arguments';
import { reshaped } from './elements';
import { withOperands } from './lowering';
import { OperatorCall, type Operator } from './operator';

// https://onnx.ai/onnx/operators/onnx__Add.html#add-6 and its like

/** An operator of two inputs; before operator set 7, the axes of the second one are those from attribute `axis` on. */
export function aligned(operator: Operator): Operator {
  const { infer, fold, lower } = operator;
  return {
    ...operator,
    infer: (call) => infer(alignedCall(call)),
    ...(fold && { fold: (call) => fold(alignedCall(call)) }),
    ...(lower && {
      lower: (call, lowering) => {
        const seen = alignedCall(call);
        if (seen === call) return lower(call, lowering);
        const input = (index: number) => {
          const value = lowering.input(index);
          return index === 1 && value !== undefined ? lowering.view(value, seen.input(1).dims) : value;
        };
        lower(seen, withOperands(lowering, { input }));
      },
    }),
  };
}

/** The call with axes of 1 appended to input 1, so that numpy's broadcasting aligns it. */
function alignedCall(call: OperatorCall): OperatorCall {
  if (call.opset >= 7 || !hasAttribute(call.node, 'axis') || intAttribute(call.node, 'broadcast', 0) === 0) return call;
  const [a, b, ...rest] = [call.input(0), call.input(1), ...call.inputs.slice(2)];
  const axis = normalizeAxis(call, intAttribute(call.node, 'axis'), a.dims.length);
  const after = a.dims.length - axis - b.dims.length;
  if (after < 0) call.fail('SHAPE_MISMATCH', `from axis ${axis} on there is no room for input 1.`);
  const dims = [...b.dims, ...new Array<number>(after).fill(1)];
  const seen = { ...b, dims, ...(b.constant && { constant: reshaped(b.constant, dims) }) };
  return new OperatorCall(call.node, call.opset, [a, seen, ...rest]);
}
