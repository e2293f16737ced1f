import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { checkTensor } from '../graph/tensor-limits';
import { graphAttribute } from '../onnx/attribute';
import { shallow } from '../onnx/copy';
import { makeNode } from '../onnx/make';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';
import { operatorOf } from '../operators';
import { isControlFlow } from '../operators/control-flow';
import { isFloat } from '../operators/elements';
import { UnsupportedNode } from './call';
import { FoldingWork } from './folding-work';
import { inferConstant, inferNode } from './infer';
import { simplify } from './simplify';

/** A graph in which each If with a known condition is replaced by the branch that it takes. */
export interface ResolvedGraph {
  readonly graph: Graph;
  /** Nodes of the graph that no program can have: what they are to compute, or its shape, depends on data. */
  readonly hosted: ReadonlySet<NodeProto>;
}

/** What is known about the nodes of a graph for certain types and values of its inputs. */
export interface Resolution {
  /** Identifies the branches that are taken and the hosted nodes: of the same ones the graph is the same. */
  readonly key: string;
  /** Inputs of few elements on whose values branches, shapes or axes depend, and which are not known yet. */
  readonly wanted: ReadonlySet<string>;
  make(): ResolvedGraph;
}

/**
 * Follows the nodes of a graph that {@link separateSubgraphs} prepared, into the branches of each If whose condition follows from what is
 * known.
 *
 * @param inputs types and shapes of all inputs, and elements where they are known
 * @param mayAsk whether a program may be made for the values of this input
 * @throws GdwsError LIMIT_EXCEEDED, MODEL_INVALID where a branch is missing or has another number of outputs
 */
export function resolveBranches(
  graph: Graph,
  inputs: ReadonlyMap<string, KnownValue>,
  mayAsk: (input: string) => boolean,
): Resolution {
  const resolver = new Resolver(graph, inputs);
  resolver.follow();
  const wanted = new Set(resolver.missing.flatMap((one) => resolver.inputsAbove(one, mayAsk)));
  return { key: resolver.choices.join(), wanted, make: () => resolver.resolved() };
}

class Resolver {
  /** Branches taken and nodes that are hosted, in order. */
  readonly choices: string[] = [];
  /** Tensors whose elements would have to be known; `decides` where they choose a branch. */
  readonly missing: { readonly tensor: string; readonly decides: boolean }[] = [];
  private readonly nodes: NodeProto[] = [];
  private readonly hosted = new Set<NodeProto>();
  private readonly producers = new Map<string, NodeProto>();
  private readonly values = new Map<string, KnownValue>();
  private readonly work: FoldingWork;

  constructor(
    private readonly graph: Graph,
    private readonly inputs: ReadonlyMap<string, KnownValue>,
  ) {
    this.work = new FoldingWork(graph);
    for (const { name } of graph.proto.initializer) inferConstant(graph, name, this.values);
    for (const [name, value] of inputs) {
      checkTensor(graph.limits, value, { tensor: name });
      this.values.set(name, value);
    }
  }

  follow(): void {
    const pending = this.graph.nodes.toReversed();
    for (let node = pending.pop(); node; node = pending.pop()) {
      const condition = node.opType === 'If' && isControlFlow(node) ? this.values.get(node.input[0] ?? '') : undefined;
      if (condition?.constant) {
        for (const one of this.branch(node, condition.constant.data[0]).toReversed()) pending.push(one);
        continue;
      }
      // Passes edit the nodes of the result.
      const own = shallow(node);
      this.nodes.push(own);
      for (const name of own.output) this.producers.set(name, own);
      if (!isControlFlow(own)) this.infer(own);
      else {
        if (own.opType === 'If') this.missing.push({ tensor: own.input[0] ?? '', decides: true });
        this.host(own);
      }
    }
  }

  resolved(): ResolvedGraph {
    const { graph, nodes, hosted } = this;
    const inputs = graph.proto.input.filter(({ name }) => !graph.isInitializer(name));
    const resolved = graph.part(
      nodes,
      inputs,
      graph.outputs.map(({ name }) => name),
    );
    simplify(resolved);
    resolved.removeDead();
    return { graph: resolved, hosted };
  }

  /** Inputs that a missing tensor depends on and whose elements may be asked for. */
  inputsAbove({ tensor, decides }: { tensor: string; decides: boolean }, mayAsk: (input: string) => boolean): string[] {
    const seen = new Set<string>();
    const pending = [tensor];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '' || seen.has(name)) continue;
      seen.add(name);
      for (const input of this.producers.get(name)?.input ?? []) pending.push(input);
    }
    return [...this.inputs].flatMap(([name, { type, constant }]) =>
      // Floats are data: of a condition on them the branch is chosen in the run.
      seen.has(name) && !constant && !(decides && isFloat(type)) && mayAsk(name) ? [name] : [],
    );
  }

  /** The nodes of the branch taken, and those that give its results the names of the node's outputs. */
  private branch(node: NodeProto, condition: unknown): NodeProto[] {
    const name = Number(condition) ? 'then_branch' : 'else_branch';
    const branch = graphAttribute(node, name);
    if (branch.output.length !== node.output.length) {
      throw new GdwsError('MODEL_INVALID', `${name} has ${branch.output.length} outputs.`, placeOf(node));
    }
    this.choices.push(`${keyOf(node)}:${name}`);
    const results = node.output.flatMap((output, index) =>
      output === ''
        ? []
        : [makeNode({ opType: 'Identity', name: node.name, input: [branch.output[index]!.name], output: [output] })],
    );
    return [...branch.node, ...results];
  }

  private infer(node: NodeProto): void {
    try {
      inferNode(this.graph, node, { values: this.values }, this.work);
    } catch (error) {
      if (!(error instanceof GdwsError)) throw error;
      if (error.code === 'LIMIT_EXCEEDED') throw error.within({ file: this.graph.file });
      // What else is wrong, lowering reports.
      const needsElements = error instanceof UnsupportedNode && error.tensor !== undefined;
      const isHosted = operatorOf(node.domain, node.opType)?.hosted === true;
      if (needsElements && !isHosted) this.missing.push({ tensor: error.tensor, decides: false });
      if (needsElements || isHosted) this.host(node);
    }
  }

  private host(node: NodeProto): void {
    this.hosted.add(node);
    this.choices.push(keyOf(node));
  }
}

/** Unlike names of nodes, those of tensors are unique. */
function keyOf({ output }: NodeProto): string {
  return output.find((name) => name !== '') ?? '';
}
