import { GdwsError } from '../base/errors';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { operatorOf } from '../operators';

/** @throws GdwsError OPERATOR_UNSUPPORTED where the engine does not know the node's operator */
export function requireOperator(node: NodeProto): void {
  if (operatorOf(node.domain, node.opType)) return;
  throw new GdwsError('OPERATOR_UNSUPPORTED', 'the engine does not run this operator.', {
    ...placeOf(node),
    remedy: "'gdws inspect' lists the operators of a model.",
  });
}
