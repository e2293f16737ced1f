import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Operator, OperatorCall } from './operator';

// Operators with graphs of their own. Sessions carry them out (src/engine/segments/); nothing else looks into these graphs.
// https://onnx.ai/onnx/operators/onnx__If.html, onnx__Loop.html, onnx__Scan.html

function controlFlow(limits: string): Operator {
  return { infer: refuse, hosted: true, limits };
}

function refuse(call: OperatorCall): never {
  call.fail(
    'OPERATOR_UNSUPPORTED',
    'only an InferenceSession looks into the graphs of this operator.',
    'Export the model without control flow, as for one shape of its inputs.',
  );
}

export const controlFlowOperators: Record<string, Operator> = {
  If: controlFlow(
    'A branch whose condition follows from constants, shapes and small inputs becomes part of the network.',
  ),
  Loop: controlFlow('Tensors only, no sequences.'),
  Scan: controlFlow('Operator sets from 9 on.'),
};

/** Whether a node has graphs that it runs. */
export function isControlFlow({ opType, domain }: NodeProto): boolean {
  return isStandardDomain(domain) && Object.hasOwn(controlFlowOperators, opType);
}
