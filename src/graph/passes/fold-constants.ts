import { operatorOf } from '../../operators';
import { OperatorCall } from '../../operators/operator';
import type { Graph } from '../graph';
import type { KnownValue } from '../value';

/**
 * Turns nodes that compute from constants alone into initializers: casts of half-precision weights, transposed or joined
 * weights, Constant nodes. What follows from the shapes of inputs is left, since it differs from run to run.
 */
export function foldConstants(graph: Graph): void {
  const known = new Map<string, KnownValue>();
  for (const node of graph.nodes) {
    const inputs = node.input.map((name) =>
      name === '' ? undefined : (known.get(name) ?? knownConstant(graph, name)),
    );
    const allKnown = node.input.every((name, index) => name === '' || inputs[index] !== undefined);
    const operator = operatorOf(node.domain, node.opType);
    if (!allKnown || !operator?.fold) continue;
    const constants = operator.fold(new OperatorCall(node, graph.opsetOf(node.domain), inputs));
    node.output.forEach((name, index) => {
      const constant = constants?.[index];
      if (name !== '' && constant) known.set(name, { type: constant.type, dims: constant.dims, constant });
    });
  }
  graph.becomeInitializers(new Map([...known].map(([name, { constant }]) => [name, constant!])));
}

function knownConstant(graph: Graph, name: string): KnownValue | undefined {
  // An initializer that is also an input is only a default.
  if (graph.isOverridable(name)) return undefined;
  const constant = graph.constant(name);
  return constant && { type: constant.type, dims: constant.dims, constant };
}
