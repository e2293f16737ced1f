import { UnsupportedNode } from '../../analysis/call';
import { inferValues } from '../../analysis/infer';
import { resolveBranches, type ResolvedGraph } from '../../analysis/resolve-branches';
import { GdwsError } from '../../base/errors';
import { declaredOf } from '../../graph/declared';
import type { Graph } from '../../graph/graph';
import { namesReadBy } from '../../graph/reads';
import type { GraphProto, NodeProto, ValueInfoProto } from '../../onnx/onnx_pb';
import type { KnownValue, ValueType } from '../../onnx/value';
import { isControlFlow } from '../../operators/control-flow';
import { maxValueElements } from '../../operators/value-limit';
import { Network, type NetworkOptions } from '../network';
import { programKey } from '../program-key';
import { RecentlyUsed } from '../recently-used';
import { carryOut } from './control-flow';
import { computeHosted } from './hosted-node';
import type { RunState } from './run-state';
import { RunValue } from './run-value';
import { partOf, stepsOf, undeclared, type Step } from './steps';
import type { Scope, Surroundings, Work } from './work';

/** Limit of what is kept of the graph for different inputs. */
const maxKept = 16;

/** What the graphs of one model have in common. */
export interface ModelContext {
  /** The main graph, whose subgraphs were separated; it has the initializers of all. */
  readonly root: Graph;
  readonly options: NetworkOptions & { readonly varying: ReadonlySet<string> };
  readonly scopes: Map<GraphProto, ScopeNetwork>;
}

/** A step with the network that runs it. Of a hosted node it is made when it is first needed. */
interface ReadyStep extends Step {
  network?: Network;
  part?: Graph;
}

/** The main graph, or the body of an If, Loop or Scan, in steps, for all types and shapes of its inputs. */
export class ScopeNetwork implements Scope {
  readonly captured: readonly string[];
  private readonly inputNames: readonly string[];
  /** Inputs on whose values branches or shapes depend. */
  private readonly valueNames = new Set<string>();
  private readonly byInputs = new RecentlyUsed<Variant>(maxKept);
  private readonly variants = new RecentlyUsed<Variant>(maxKept);

  /**
   * @param graph whose inputs are those of the body and what it captures
   * @param outputs as they are declared
   */
  private constructor(
    private readonly context: ModelContext,
    private readonly graph: Graph,
    private readonly outputs: readonly ValueInfoProto[],
    captured: readonly string[],
  ) {
    this.captured = captured;
    this.inputNames = graph.inputs.map(({ name }) => name);
  }

  static ofRoot(context: ModelContext): ScopeNetwork {
    const { root } = context;
    const outputs = root.outputs.map(({ name }) => name);
    return new ScopeNetwork(context, root.part(root.nodes, root.inputs, outputs), root.outputs, []);
  }

  static ofBody(context: ModelContext, body: GraphProto): ScopeNetwork {
    const known = context.scopes.get(body);
    if (known) return known;
    const { root } = context;
    const own = new Set([...body.input.map(({ name }) => name), ...body.node.flatMap(({ output }) => output)]);
    const outputs = body.output.map(({ name }) => name);
    const read = new Set([...body.node.flatMap(namesReadBy), ...outputs]);
    const captured = [...read].filter((name) => !own.has(name) && !root.isInitializer(name));
    // Shapes of what a loop carries may differ from those that its body declares.
    const inputs = [...body.input.map(({ name }) => name), ...captured].map(undeclared);
    const scope = new ScopeNetwork(context, root.part(body.node, inputs, outputs), body.output, captured);
    context.scopes.set(body, scope);
    return scope;
  }

  *run(inputs: ReadonlyMap<string, RunValue>, state: RunState): Work<readonly RunValue[]> {
    for (;;) {
      const variant = this.variantFor(inputs);
      const { steps } = variant;
      try {
        return yield* this.runSteps(variant, steps, inputs, state);
      } catch (error) {
        if (!variant.learnFrom(error, steps)) throw error;
      }
    }
  }

  outputTypes(inputs: ReadonlyMap<string, ValueType>): ValueType[] {
    const values = inferValues(this.graph, inputs, { lenient: true });
    return this.outputs.map((output) => {
      const { type, dims } = values.get(output.name) ?? declaredOf(output) ?? {};
      return { type: type ?? 'float32', dims: (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 0)) };
    });
  }

  /** Nodes of all that is kept that were carried out without a network. */
  *hostedNodes(): Generator<NodeProto> {
    for (const { steps } of this.variants.values()) {
      for (const { nodes, isHosted, network } of steps) if (isHosted && !network) yield* nodes;
    }
  }

  /** Networks of all that is kept. */
  *networks(): Generator<Network> {
    for (const variant of this.variants.values()) yield* variant.networks();
  }

  private variantFor(inputs: ReadonlyMap<string, RunValue>): Variant {
    for (;;) {
      const known = this.knownOf(inputs);
      const key = programKey(this.inputNames, known);
      const found = this.byInputs.get(key);
      if (found) return found;
      const mayAsk = (name: string) =>
        !this.context.options.varying.has(name) && inputs.get(name)!.count <= maxValueElements;
      const resolution = resolveBranches(this.graph, known, mayAsk);
      if (resolution.wanted.size > 0) {
        for (const name of resolution.wanted) this.valueNames.add(name);
        continue;
      }
      const variant = this.variants.get(resolution.key) ?? new Variant(this.context, resolution.make());
      this.variants.set(resolution.key, variant);
      this.byInputs.set(key, variant);
      return variant;
    }
  }

  private knownOf(inputs: ReadonlyMap<string, RunValue>): Map<string, KnownValue> {
    return new Map(
      this.inputNames.map((name) => {
        const value = inputs.get(name)!;
        const { type, dims } = value;
        const isKnown = this.valueNames.has(name) && value.count <= maxValueElements;
        return [name, { type, dims, ...(isKnown ? { constant: value.constant } : {}) }];
      }),
    );
  }

  private *runSteps(
    variant: Variant,
    steps: readonly ReadyStep[],
    inputs: ReadonlyMap<string, RunValue>,
    state: RunState,
  ): Work<readonly RunValue[]> {
    const values = new Map(inputs);
    const held = new Map<string, RunValue>();
    const valueOf = (name: string) => values.get(name) ?? variant.constant(name);
    const around: Surroundings = {
      state,
      opset: this.graph.opset,
      valueOf,
      scopeOf: (body) => ScopeNetwork.ofBody(this.context, body),
    };
    const letGo = (name: string) => {
      const value = held.get(name);
      if (value) state.letGo(value);
      held.delete(name);
      values.delete(name);
    };
    try {
      for (const step of steps) {
        const { names, results } = yield* this.runStep(variant, step, around);
        names.forEach((name, index) => {
          const value = results[index];
          if (name === '' || !value) return;
          values.set(name, value);
          held.set(name, value);
          state.hold(value, step.nodes[0]!);
        });
        step.lastReads.forEach(letGo);
      }
      return this.graph.outputs.map(({ name }) => valueOf(name));
    } finally {
      for (const value of held.values()) state.letGo(value);
    }
  }

  private *runStep(
    variant: Variant,
    step: ReadyStep,
    around: Surroundings,
  ): Work<{ readonly names: readonly string[]; readonly results: readonly RunValue[] }> {
    const [node] = step.nodes as [NodeProto];
    if (step.isHosted) {
      const results = isControlFlow(node) ? yield* carryOut(node, around) : computeHosted(variant.graph, node, around);
      if (results) return { names: node.output, results };
    }
    const { part, network } = variant.ready(step);
    const inputs = part.inputs.map(({ name }) => name);
    const results = yield { network, inputs, values: inputs.map(around.valueOf) };
    return { names: part.outputs.map(({ name }) => name), results };
  }
}

/** A graph with certain branches, and its steps. */
class Variant {
  readonly graph: Graph;
  steps: readonly ReadyStep[];
  private readonly hosted: Set<NodeProto>;
  private readonly constants = new Map<string, RunValue>();

  constructor(
    private readonly context: ModelContext,
    { graph, hosted }: ResolvedGraph,
  ) {
    this.graph = graph;
    this.hosted = new Set(hosted);
    this.steps = stepsOf(graph, this.hosted);
  }

  constant(name: string): RunValue {
    let value = this.constants.get(name);
    if (!value) {
      const constant = this.graph.constant(name);
      if (!constant) throw new GdwsError('MODEL_INVALID', 'nothing computes this tensor.', { tensor: name });
      value = RunValue.ofConstant(constant);
      this.constants.set(name, value);
    }
    return value;
  }

  ready(step: ReadyStep): { part: Graph; network: Network } {
    step.part ??= partOf(this.graph, step.nodes);
    // A node that needs values that vary is compiled for them.
    const options = step.isHosted ? { ...this.context.options, varying: undefined } : this.context.options;
    step.network ??= Network.uncompiled(step.part, options);
    return { part: step.part, network: step.network };
  }

  /**
   * Hosts a node that needs elements which only a run knows.
   *
   * @param steps in which it failed; another run may have replaced them meanwhile
   * @returns whether there are other steps now
   */
  learnFrom(error: unknown, steps: readonly ReadyStep[]): boolean {
    if (!(error instanceof UnsupportedNode) || error.tensor === undefined) return false;
    const { source } = error;
    if (!this.graph.nodes.includes(source)) return false;
    if (this.hosted.has(source)) return this.steps !== steps;
    this.hosted.add(source);
    this.steps = stepsOf(this.graph, this.hosted);
    return true;
  }

  *networks(): Generator<Network> {
    for (const { network } of this.steps) if (network) yield network;
  }
}
