import { callOf, computeCall } from '../../analysis/call';
import type { Graph } from '../../graph/graph';
import { checkTensor } from '../../graph/tensor-limits';
import { placeOf } from '../../onnx/node-place';
import type { NodeProto } from '../../onnx/onnx_pb';
import { operatorOf } from '../../operators';
import { maxValueElements } from '../../operators/value-limit';
import { RunValue } from './run-value';
import type { Surroundings } from './work';

/** A larger input is left to a program, which is then for the values of the others only. */
const mostElements = 1 << 16;

/**
 * The outputs of a node whose shape depends on data, computed as before a run where all inputs are known; `undefined` where a program
 * does it.
 */
export function computeHosted(graph: Graph, node: NodeProto, { valueOf }: Surroundings): RunValue[] | undefined {
  const operator = operatorOf(node.domain, node.opType);
  const given = new Map(node.input.filter((name) => name !== '').map((name) => [name, valueOf(name)]));
  const [largest = 0, second = 0] = [...given.values()].map(({ count }) => count).sort((one, other) => other - one);
  const isForProgram = operator?.lower && largest > mostElements && second <= maxValueElements;
  if (!operator?.fold || isForProgram) return undefined;
  const call = callOf(graph, node, (name) => {
    const value = given.get(name)!;
    return { type: value.type, dims: value.dims, constant: value.constant };
  });
  const { fold } = operator;
  return computeCall(call, () => {
    if (!operator.hosted) for (const type of operator.infer(call)) checkTensor(graph.limits, type, placeOf(node));
    const results = fold(call);
    for (const result of results ?? []) checkTensor(graph.limits, result, placeOf(node));
    return results?.map((result) => RunValue.ofConstant(result));
  });
}
