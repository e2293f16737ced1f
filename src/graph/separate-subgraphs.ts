import { GdwsError } from '../base/errors';
import { subgraphs, tensorAttribute } from '../onnx/attribute';
import { constantOfNode } from '../onnx/constant-node';
import { isStandardDomain } from '../onnx/domain';
import { placeOf } from '../onnx/node-place';
import type { GraphProto, NodeProto, TensorProto } from '../onnx/onnx_pb';
import { encodeTensor } from '../onnx/tensor';
import type { Graph } from './graph';
import { namesDefinedIn, namesReadBy } from './reads';
import { sortNodes } from './sort';

/** The names of one graph and, through `outer`, of those around it. */
interface Scope {
  /** The names that they are changed to. */
  readonly names: ReadonlyMap<string, string>;
  readonly outer?: Scope;
}

/**
 * Makes the bodies of If, Loop and Scan lists of sorted nodes that may be moved to another graph: each of their tensors gets a name that no
 * other tensor of the model has, and their constants become initializers of the main graph.
 *
 * @throws GdwsError MODEL_INVALID where a body defines a name twice, or reads one that is defined nowhere
 */
export function separateSubgraphs(graph: Graph): void {
  const { proto, file } = graph;
  const taken = new Set(namesDefinedIn(proto));
  const scope: Scope = { names: new Map([...taken].map((name) => [name, name])) };
  try {
    for (const node of proto.node) for (const body of subgraphs(node)) separate(body, scope, { graph, taken, node });
  } catch (error) {
    throw error instanceof GdwsError ? error.within({ file }) : error;
  }
  graph.removeDead();
}

interface Context {
  readonly graph: Graph;
  /** Names of tensors that were met. */
  readonly taken: Set<string>;
  /** To which the body belongs. */
  readonly node: NodeProto;
}

function separate(body: GraphProto, outer: Scope, context: Context): void {
  const { graph, taken } = context;
  const names = new Map<string, string>();
  for (const name of namesDefinedIn(body)) {
    if (name === '') continue;
    if (names.has(name)) fault('this tensor is defined twice.', name, context.node);
    names.set(name, taken.has(name) ? graph.uniqueName(name) : name);
    taken.add(names.get(name)!);
  }
  const scope: Scope = { names, outer };
  const renamed = (name: string, node: NodeProto) => (name === '' ? '' : nameIn(scope, name, node));

  for (const input of body.input) input.name = renamed(input.name, context.node);
  for (const output of body.output) output.name = renamed(output.name, context.node);
  body.valueInfo = body.valueInfo.filter(({ name }) => names.has(name));
  for (const info of body.valueInfo) info.name = names.get(info.name)!;
  for (const tensor of body.initializer) tensor.name = renamed(tensor.name, context.node);
  for (const { values } of body.sparseInitializer) if (values) values.name = renamed(values.name, context.node);
  // No spread, whose arguments would lie on the stack.
  graph.proto.initializer = graph.proto.initializer.concat(body.initializer);
  graph.proto.sparseInitializer = graph.proto.sparseInitializer.concat(body.sparseInitializer);
  body.initializer = [];
  body.sparseInitializer = [];

  for (const node of body.node) {
    node.input = node.input.map((name) => renamed(name, node));
    node.output = node.output.map((name) => renamed(name, node));
    for (const inner of subgraphs(node)) separate(inner, scope, { graph, taken, node });
  }
  const computed: NodeProto[] = [];
  for (const node of body.node) {
    const constant = initializerOf(node);
    if (constant) graph.proto.initializer.push(constant);
    else computed.push(node);
  }
  const producers = new Map(computed.flatMap((node) => node.output.map((name) => [name, node] as const)));
  producers.delete('');
  body.node = sortNodes(computed, producers, new Set(computed.flatMap(namesReadBy)));
}

function nameIn(scope: Scope, name: string, node: NodeProto): string {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = at.names.get(name);
    if (found !== undefined) return found;
  }
  return fault('this input is defined nowhere.', name, node);
}

/** What a Constant node computes, as an initializer. */
function initializerOf(node: NodeProto): TensorProto | undefined {
  const [name] = node.output;
  if (node.opType !== 'Constant' || !isStandardDomain(node.domain) || !name) return undefined;
  const tensor = tensorAttribute(node, 'value');
  if (tensor) {
    tensor.name = name;
    return tensor;
  }
  const constant = constantOfNode(node);
  return constant && encodeTensor(name, constant);
}

function fault(summary: string, tensor: string, node: NodeProto): never {
  throw new GdwsError('MODEL_INVALID', summary, { ...placeOf(node), tensor });
}
