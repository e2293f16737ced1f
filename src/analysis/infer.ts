import { GdwsError, type ErrorDetails } from '../base/errors';
import type { Graph } from '../graph/graph';
import { checkTensor } from '../graph/tensor-limits';
import { placeOf } from '../onnx/node-place';
import type { NodeProto, ValueInfoProto } from '../onnx/onnx_pb';
import type { KnownValue, ValueType } from '../onnx/value';
import { operatorOf, type OperatorCall } from '../operators';
import { callOf, computeCall } from './call';
import { FoldingWork } from './folding-work';
import { feedsWithOtherGuess, orUnknownShape } from './guessed-dims';

export interface InferenceOptions {
  /** Leaves out values that cannot be inferred, instead of throwing. */
  readonly lenient?: boolean;
}

/** What is known of a graph's tensors. */
export interface Inference {
  /** By the name of the tensor. */
  readonly values: ReadonlyMap<string, KnownValue>;
  /** Nodes with their inputs, of those whose operators were asked. */
  readonly calls?: ReadonlyMap<NodeProto, OperatorCall>;
}

/**
 * Type and concrete shape of every tensor of a graph, and the elements of those that follow from constants and shapes.
 * Where gdws does not know an operator, the model's declarations of its outputs are used.
 *
 * @param feeds types and shapes of inputs, and elements where they are known; of others as declared, with a free leading dim (the batch) counting as 1
 * @throws GdwsError INPUT_UNKNOWN and SHAPE_MISMATCH for feeds that do not fit the model, SHAPE_UNKNOWN where a free dim is
 *   needed, or where a free leading dim cannot be 1, LIMIT_EXCEEDED, OPERATOR_UNSUPPORTED, and what operators throw
 */
export function inferValues(
  graph: Graph,
  feeds?: ReadonlyMap<string, KnownValue>,
  options?: InferenceOptions,
): Map<string, KnownValue> {
  return inferGraph(graph, feeds, options).values;
}

/** As {@link inferValues}, with the nodes as their operators saw them. */
export function inferGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, KnownValue> = new Map(),
  { lenient = false }: InferenceOptions = {},
): Inference & { readonly values: Map<string, KnownValue> } {
  const values = new Map<string, KnownValue>();
  const calls = new Map<NodeProto, OperatorCall>();
  const work = new FoldingWork(graph);
  const attempt = (step: () => void, otherwise?: () => void) => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof GdwsError)) throw error;
      if (!lenient || error.code === 'LIMIT_EXCEEDED') throw error.within({ file: graph.file });
      otherwise?.();
    }
  };
  checkInputs(graph, feeds);
  for (const { name } of graph.proto.initializer) attempt(() => inferConstant(graph, name, values));
  for (const { values: tensor } of graph.proto.sparseInitializer) attempt(() => refuseSparse(tensor?.name));
  for (const input of graph.inputs) {
    const { name } = input;
    attempt(() => {
      requireTensor(input);
      const value = feeds.get(name) ?? declaredInput(graph, name);
      checkTensor(graph.limits, value, { tensor: name });
      values.set(name, value);
    });
  }
  const infer = (node: NodeProto) => {
    try {
      inferNode(graph, node, { values, calls }, work);
    } catch (error) {
      const others = lenient || !(error instanceof GdwsError) ? undefined : feedsWithOtherGuess(graph, feeds);
      if (!others) throw error;
      const otherValues = inferValues(graph, others, { lenient: true });
      throw orUnknownShape(error as GdwsError, node, { graph, feeds, values, otherValues });
    }
  };
  for (const node of graph.nodes) {
    attempt(
      () => infer(node),
      () => useDeclarations(graph, node, values),
    );
  }
  return { values, calls };
}

/** Adds what an initializer, or a Constant node, holds. */
export function inferConstant(graph: Graph, name: string, values: Map<string, KnownValue>): void {
  const constant = graph.constant(name)!;
  checkTensor(graph.limits, constant, { tensor: name });
  values.set(name, { type: constant.type, dims: constant.dims, constant });
}

function refuseSparse(tensor: string | undefined): never {
  throw new GdwsError('OPERATOR_UNSUPPORTED', 'sparse constants are not supported.', {
    tensor,
    remedy: 'Export the constant as a dense tensor.',
  });
}

/**
 * Adds what follows for the outputs of a node from values that are known.
 *
 * @throws GdwsError SHAPE_UNKNOWN where a value is not, LIMIT_EXCEEDED, OPERATOR_UNSUPPORTED, and what operators throw
 */
export function inferNode(
  graph: Graph,
  node: NodeProto,
  { values, calls }: { values: Map<string, KnownValue>; calls?: Map<NodeProto, OperatorCall> },
  work: FoldingWork,
): void {
  const output = node.output[0] ?? '';
  // Through the graph, which decodes a tensor once.
  if (graph.constant(output)) return inferConstant(graph, output, values);
  const operator = operatorOf(node.domain, node.opType);
  const call = callOf(graph, node, (name) => values.get(name));
  const unknown = node.input.findIndex((name) => name !== '' && !values.has(name));
  if (!operator || unknown >= 0) {
    if (useDeclarations(graph, node, values)) return;
    if (!operator) {
      const remedy = "'gdws inspect' lists the operators of a model.";
      return call.fail('OPERATOR_UNSUPPORTED', 'gdws does not know this operator.', remedy);
    }
    return call.fail('SHAPE_UNKNOWN', `the shape of input ${unknown} ('${node.input[unknown]}') cannot be inferred.`);
  }
  calls?.set(node, call);
  const place = placeOf(node);
  const { fold } = operator;
  const folded = fold && computeCall(call, () => work.fold(call.inputs, place, () => fold(call)));
  const types = folded ?? computeCall(call, () => operator.infer(call));
  node.output.forEach((name, index) => {
    const type = types[index];
    if (name === '' || !type) return;
    checkTensor(graph.limits, type, { ...place, tensor: name });
    const constant = folded?.[index];
    values.set(name, constant ? { type: type.type, dims: type.dims, constant } : { type: type.type, dims: type.dims });
  });
}

/** Uses the model's declarations of a node's outputs. Returns whether all of them are declared. */
function useDeclarations(graph: Graph, node: NodeProto, values: Map<string, KnownValue>): boolean {
  let complete = true;
  for (const name of node.output) {
    if (name === '') continue;
    const { type, dims } = graph.declared(name) ?? {};
    if (type && isFixed(dims)) {
      checkTensor(graph.limits, { type, dims }, { ...placeOf(node), tensor: name });
      values.set(name, { type, dims });
    } else complete = false;
  }
  return complete;
}

/** Fields of a TypeProto that `onnx.proto` here leaves out. They are no tensors, and cannot be fed. */
const otherKinds: ReadonlyMap<number, string> = new Map([
  [4, 'sequence'],
  [5, 'map'],
  [8, 'sparse tensor'],
  [9, 'optional'],
]);

function requireTensor({ name, type }: ValueInfoProto): void {
  const kind = type?.$unknown?.map(({ no }) => otherKinds.get(no)).find((known) => known !== undefined);
  if (kind === undefined) return;
  throw new GdwsError('OPERATOR_UNSUPPORTED', `this input is of kind ${kind}; the engine takes tensors.`, {
    tensor: name,
    remedy: 'Export the model with inputs that are tensors.',
  });
}

function declaredInput(graph: Graph, name: string): ValueType {
  const { type, dims } = graph.declared(name) ?? {};
  const fixed = dims?.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : undefined));
  if (type && isFixed(fixed)) return { type, dims: fixed };
  throw new GdwsError('SHAPE_UNKNOWN', `the ${type ? 'shape' : 'element type'} of this input is not declared.`, {
    tensor: name,
    shape: dims?.map((dim) => dim ?? '?'),
    remedy: 'Give it: inputShapes in the API, --shape on the command line.',
  });
}

function isFixed(dims: readonly (number | string | undefined)[] | undefined): dims is readonly number[] {
  return dims?.every((dim) => typeof dim === 'number') ?? false;
}

/**
 * Whether a graph has inputs of these names, which may have these shapes.
 *
 * @throws GdwsError INPUT_UNKNOWN, SHAPE_MISMATCH
 */
export function checkInputs(graph: Graph, feeds: ReadonlyMap<string, ValueType>): void {
  const names = new Set(graph.inputs.map(({ name }) => name));
  for (const [name, { dims }] of feeds) {
    const place: ErrorDetails = { file: graph.file, tensor: name };
    if (!names.has(name)) {
      const remedy = `Its inputs are: ${[...names].join(', ')}.`;
      throw new GdwsError('INPUT_UNKNOWN', 'the model has no input of this name.', { ...place, remedy });
    }
    const wanted = graph.declared(name)?.dims;
    const fits = wanted?.length === dims.length && wanted.every((dim, i) => typeof dim !== 'number' || dim === dims[i]);
    if (wanted && !fits) {
      const summary = `the model takes [${wanted.map((dim) => dim ?? '?').join(', ')}].`;
      throw new GdwsError('SHAPE_MISMATCH', summary, { ...place, shape: dims });
    }
  }
}
