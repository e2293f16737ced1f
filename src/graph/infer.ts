import { GdwsError } from '../errors';
import type { NodeProto } from '../onnx/onnx_pb';
import { operatorOf } from '../operators';
import { OperatorCall } from '../operators/operator';
import type { Graph } from './graph';
import type { KnownValue, ValueType } from './value';

export interface InferenceOptions {
  /** Leaves out what cannot be inferred, instead of stopping at it. */
  readonly lenient?: boolean;
}

/**
 * Type and concrete shape of every tensor of a graph, and the elements of those that follow from constants and shapes.
 *
 * @param feeds shapes of the inputs; by default as declared, with a free leading dim (the batch) counting as 1
 * @throws GdwsError SHAPE_UNKNOWN where a free dim is needed, OPERATOR_UNSUPPORTED, and what operators throw
 */
export function inferValues(
  graph: Graph,
  feeds: ReadonlyMap<string, ValueType> = new Map(),
  { lenient = false }: InferenceOptions = {},
): Map<string, KnownValue> {
  const values = new Map<string, KnownValue>();
  for (const { name } of graph.proto.initializer) {
    const constant = graph.constant(name)!;
    values.set(name, { type: constant.type, dims: constant.dims, constant });
  }
  for (const { name } of graph.inputs) {
    const type = feeds.get(name) ?? declaredType(graph, name, lenient);
    if (type) values.set(name, type);
  }
  for (const node of graph.nodes) inferNode(graph, node, values, lenient);
  return values;
}

function inferNode(graph: Graph, node: NodeProto, values: Map<string, KnownValue>, lenient: boolean): void {
  const call = new OperatorCall(
    node,
    graph.opsetOf(node.domain),
    node.input.map((name) => values.get(name)),
  );
  const operator = operatorOf(node.domain, node.opType);
  const inputsKnown = node.input.every((name) => name === '' || values.has(name));
  if (!operator || !inputsKnown) {
    if (lenient) return useDeclaration(graph, node, values);
    return call.fail('OPERATOR_UNSUPPORTED', 'gdws does not know this operator.', "See 'gdws inspect'.");
  }
  try {
    const folded = operator.fold?.(call);
    const types = folded ?? operator.infer(call);
    node.output.forEach((name, index) => {
      const type = types[index];
      if (name === '' || !type) return;
      const constant = folded?.[index];
      values.set(name, { type: type.type, dims: type.dims, ...(constant ? { constant } : {}) });
    });
  } catch (error) {
    if (!lenient || !(error instanceof GdwsError)) throw error;
    useDeclaration(graph, node, values);
  }
}

/** What the model itself declares of the outputs of a node that cannot be inferred. */
function useDeclaration(graph: Graph, node: NodeProto, values: Map<string, KnownValue>): void {
  for (const name of node.output) {
    const declared = graph.declared(name);
    if (!declared?.type || !declared.dims?.every((dim) => typeof dim === 'number')) continue;
    values.set(name, { type: declared.type, dims: declared.dims });
  }
}

function declaredType(graph: Graph, name: string, lenient: boolean): ValueType | undefined {
  const declared = graph.declared(name);
  const dims = declared?.dims?.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : undefined));
  if (declared?.type && dims?.every((dim) => dim !== undefined)) return { type: declared.type, dims };
  if (lenient) return undefined;
  throw new GdwsError('SHAPE_UNKNOWN', 'the shape of this input is not declared.', {
    file: graph.file,
    tensor: name,
    shape: declared?.dims?.map((dim) => dim ?? '?'),
    remedy: 'Give it: inputShapes in the API, --shape on the command line.',
  });
}
