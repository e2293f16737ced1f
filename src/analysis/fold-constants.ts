import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { placeOf } from '../onnx/node-place';
import type { Constant, KnownValue } from '../onnx/value';
import { operatorOf } from '../operators';
import { callOf, computeCall } from './call';
import { FoldingWork } from './folding-work';
import { isIdentity } from './remove-identities';

/**
 * Replaces nodes whose outputs are known by initializers, and removes nodes and initializers that only they needed: casts of
 * half-precision weights, transposed or joined weights, Constant nodes.
 *
 * @param values those known in every run, as from {@link inferValues} where the shapes of the inputs never change: with
 *   them, the exporters' arithmetic on shapes is folded too. By default those that follow from constants alone.
 */
export function foldConstants(graph: Graph, values: ReadonlyMap<string, KnownValue> = constantValues(graph)): void {
  const constants = new Map<string, Constant>();
  for (const node of graph.nodes) {
    // An identity of an initializer would become a second copy of it in the file.
    if (isIdentity(graph, node)) continue;
    for (const name of node.output) {
      const constant = values.get(name)?.constant;
      if (constant) constants.set(name, constant);
    }
  }
  graph.becomeInitializers(constants);
}

/** Values that follow from constants alone. A node that cannot be computed is left for a run to report. */
function constantValues(graph: Graph): Map<string, KnownValue> {
  const values = new Map<string, KnownValue>();
  const work = new FoldingWork(graph);
  const valueOf = (name: string): KnownValue | undefined => {
    // An initializer that is also an input is only a default.
    const constant = graph.isOverridable(name) ? undefined : graph.constant(name);
    return values.get(name) ?? (constant && { type: constant.type, dims: constant.dims, constant });
  };
  for (const node of graph.nodes) {
    try {
      const call = callOf(graph, node, valueOf);
      const fold = operatorOf(node.domain, node.opType)?.fold;
      if (!fold || node.input.some((name, index) => name !== '' && !call.inputs[index])) continue;
      const constants = valueOf(node.output[0] ?? '')?.constant
        ? [valueOf(node.output[0]!)!.constant!]
        : computeCall(call, () => work.fold(call.inputs, placeOf(node), () => fold(call)));
      node.output.forEach((name, index) => {
        const constant = constants?.[index];
        if (name !== '' && constant) values.set(name, { type: constant.type, dims: constant.dims, constant });
      });
    } catch (error) {
      if (!(error instanceof GdwsError)) throw error;
      if (error.code === 'LIMIT_EXCEEDED') throw error.within({ file: graph.file });
    }
  }
  return values;
}
