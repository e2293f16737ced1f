import { setImmediate } from 'node:timers/promises';
import type { Tensor } from 'onnxruntime-common';
import { UnsupportedNode } from '../../analysis/call';
import type { Graph } from '../../graph/graph';
import { subgraphs } from '../../onnx/attribute';
import { nameOf } from '../../onnx/node-place';
import type { NodeProto } from '../../onnx/onnx_pb';
import type { ValueType } from '../../onnx/value';
import { requireKnownVersions } from '../../onnx/versions';
import { operatorOf } from '../../operators';
import type { CompiledGraph } from '../compile';
import { mayRunHere, turnOfEventLoop } from '../event-loop-turn';
import { newWeights, type Network, type NetworkOptions, type OperationProfile, type SharedWeights } from '../network';
import { requireOperator } from '../require-operator';
import { aborted } from '../run-error';
import { RunState } from './run-state';
import { RunValue } from './run-value';
import { ScopeNetwork, type ModelContext } from './scope-network';
import type { NetworkRun, Work } from './work';

/** Milliseconds after which a loop lets the event loop run. */
const longTurn = 5;

/** A run that has begun. `done` rejects with code ABORTED after `abort`. */
export interface SegmentedRun {
  readonly done: Promise<readonly RunValue[]>;
  abort(): void;
}

/**
 * A graph with nodes that no program can have: those with graphs of their own, and those the shape of whose results depends on data. It is cut
 * there into graphs for programs.
 */
export class SegmentedNetwork {
  private readonly context: ModelContext;
  private readonly weights: SharedWeights;
  private readonly scope: ScopeNetwork;

  /**
   * @param graph whose subgraphs were separated
   * @throws GdwsError OPERATOR_UNSUPPORTED where the engine lacks an operator that each run needs
   */
  constructor(
    private readonly graph: Graph,
    options: NetworkOptions,
  ) {
    requireKnownVersions(graph.model, graph.file);
    checkOperators(graph.nodes);
    this.weights = newWeights(graph, options);
    const varying = new Set<string>();
    for (const node of graph.nodes) addVarying(node, false, varying);
    this.context = { root: graph, options: { ...options, shared: this.weights, varying }, scopes: new Map() };
    this.scope = ScopeNetwork.ofRoot(this.context);
  }

  /** Whether a graph must be run in segments, as far as its nodes say. */
  static isFor(graph: Graph): boolean {
    /** Tensors that depend on the elements of inputs, not only on their shapes. */
    const data = new Set(graph.inputs.map(({ name }) => name));
    for (const node of graph.nodes) {
      const readsData = node.input.some((name) => data.has(name));
      const isHosted = operatorOf(node.domain, node.opType)?.hosted === true;
      if (subgraphs(node).length > 0 || (isHosted && readsData)) return true;
      if (readsData && node.opType !== 'Shape' && node.opType !== 'Size')
        for (const name of node.output) data.add(name);
    }
    return false;
  }

  /** Whether an error of a network says that it needs to be run in segments. */
  static helpsAgainst(error: unknown): boolean {
    return error instanceof UnsupportedNode && error.tensor !== undefined;
  }

  /**
   * Runs the network off the JavaScript thread. The feeds may be changed as soon as this returns.
   *
   * @param threads of its programs, where they are fewer than the session's
   */
  begin(feeds: Readonly<Record<string, Tensor>>, threads: number | undefined): SegmentedRun {
    const interruption = new Interruption();
    return { done: this.drive(this.workFor(feeds, true), interruption, threads), abort: () => interruption.abort() };
  }

  runSync(feeds: Readonly<Record<string, Tensor>>): readonly RunValue[] {
    const work = this.workFor(feeds, false);
    let step = work.next();
    while (!step.done) {
      const { value: asked } = step;
      let results: readonly RunValue[] = [];
      try {
        if (asked !== 'trip') results = runSync(asked);
      } catch (error) {
        step = work.throw(error);
        continue;
      }
      step = work.next(results);
    }
    return step.value;
  }

  /** Bytes of the working memory of its largest program. */
  get arenaBytes(): number {
    return Math.max(0, ...Array.from(this.networks(), (network) => network.arenaBytes));
  }

  /** Bytes of the packed weights, and of the working memory of its largest program. */
  get memoryBytes(): number {
    return Math.max(this.weights.session.weightBytes, ...Array.from(this.networks(), (network) => network.memoryBytes));
  }

  setProfiling(on: boolean): void {
    this.weights.session.setProfiling(on);
  }

  profile(): OperationProfile[] {
    return [...this.networks()].flatMap((network) => network.profile());
  }

  /** Names of the nodes of the main graph that were carried out between programs. */
  hostedNodes(): string[] {
    return [...new Set(Array.from(this.scope.hostedNodes(), nameOf))];
  }

  /** Frees the programs, once their runs have ended. */
  release(): void {
    for (const network of this.networks()) network.release();
  }

  private *networks(): Generator<Network> {
    yield* this.scope.networks();
    for (const scope of this.context.scopes.values()) yield* scope.networks();
  }

  private workFor(feeds: Readonly<Record<string, Tensor>>, isCopied: boolean): Work<readonly RunValue[]> {
    const values = this.graph.inputs.map(({ name }) => [name, RunValue.ofFeed(feeds[name]!, isCopied)] as const);
    return this.scope.run(new Map(values), new RunState(this.graph));
  }

  private async drive(
    work: Work<readonly RunValue[]>,
    interruption: Interruption,
    threads: number | undefined,
  ): Promise<readonly RunValue[]> {
    let turn = performance.now();
    let step = work.next();
    while (!step.done) {
      const { value: asked } = step;
      let results: readonly RunValue[] = [];
      try {
        if (asked !== 'trip') results = await run(asked, interruption, threads);
        else if (performance.now() - turn > longTurn) {
          await setImmediate();
          turn = performance.now();
        }
        interruption.check();
      } catch (error) {
        step = work.throw(error);
        continue;
      }
      step = work.next(results);
    }
    return step.value;
  }
}

/** Stops a run where it is. */
class Interruption {
  private isAborted = false;
  private stop: (() => void) | undefined;

  abort(): void {
    this.isAborted = true;
    this.stop?.();
  }

  check(): void {
    if (this.isAborted) throw aborted();
  }

  /** Awaits work, and in case of `abort` calls `stop` and does not wait any longer. */
  async wait<T>(work: Promise<T>, stop: () => void = () => undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.stop = () => {
        stop();
        reject(aborted());
      };
      work.then(resolve, reject);
    });
  }
}

async function run(
  { network, inputs, values }: NetworkRun,
  interruption: Interruption,
  threads: number | undefined,
): Promise<readonly RunValue[]> {
  const feeds = feedsOf(inputs, values);
  const types = typesOf(network, feeds);
  const compiled = network.programFor(types, feeds) ?? (await interruption.wait(network.compile(types, feeds)));
  interruption.check();
  const running = compiled.native.run(
    values.map(({ native }) => native),
    undefined,
    mayRunHere(),
    threads,
  );
  const results = await interruption.wait(running.done, () => running.abort());
  await turnOfEventLoop();
  return resultsOf(compiled, results);
}

function runSync({ network, inputs, values }: NetworkRun): readonly RunValue[] {
  const feeds = feedsOf(inputs, values);
  const types = typesOf(network, feeds);
  const compiled = network.programFor(types, feeds) ?? network.compileSync(types, feeds);
  return resultsOf(compiled, compiled.native.runSync(values.map(({ native }) => native)));
}

function resultsOf({ outputs }: CompiledGraph, buffers: readonly ArrayBuffer[]): RunValue[] {
  return outputs.map((type, index) => RunValue.ofBytes(type, buffers[index]!));
}

type Feeds = Readonly<Record<string, RunValue>>;

function feedsOf(inputs: readonly string[], values: readonly RunValue[]): Feeds {
  return Object.fromEntries(inputs.map((name, index) => [name, values[index]!]));
}

function typesOf(network: Network, feeds: Feeds): ReadonlyMap<string, ValueType> {
  return (
    network.knownTypes(feeds) ?? new Map(Object.entries(feeds).map(([name, { type, dims }]) => [name, { type, dims }]))
  );
}

/** Adds the names that differ from trip to trip of a Loop or Scan. */
function addVarying(node: NodeProto, isWithin: boolean, names: Set<string>): void {
  const varies = isWithin || node.opType !== 'If';
  for (const body of subgraphs(node)) {
    if (varies) for (const { name } of body.input) names.add(name);
    for (const inner of body.node) {
      if (varies) for (const name of inner.output) names.add(name);
      addVarying(inner, varies, names);
    }
  }
}

/** Checks the operators of all nodes but those of branches, which may never be taken. */
function checkOperators(nodes: readonly NodeProto[]): void {
  for (const node of nodes) {
    requireOperator(node);
    if (node.opType !== 'If') for (const body of subgraphs(node)) checkOperators(body.node);
  }
}
