import fs from 'node:fs/promises';
import type { InferenceSession as Common } from 'onnxruntime-common';
import { native } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { typesOfInputs } from '../analysis/input-types';
import { GdwsError } from '../base/errors';
import { limitsOf, limitsOption, type Limits } from '../base/limits';
import {
  callback,
  checkOptions,
  integer,
  number,
  object,
  required,
  signal as signalOption,
  type OptionTable,
} from '../base/options';
import type { InferenceSession } from '../engine/session';
import { networkCost } from '../gdws/network-cost';
import { Graph } from '../graph/graph';
import { nodesWithin } from '../graph/reads';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { readModel } from '../onnx/read';
import { elementCount } from '../onnx/value';
import { operatorOf } from '../operators';
import { groupNodes, placesOf, type NodeGroup } from './boxes';
import { describeNode, describeTensor } from './describe-node';
import type { Box, Drawing, DrawnOperation, Where } from './drawing';
import { measureOperations, type OperationTimes, type TimedOperation } from './measure-operations';

/** Options of {@link drawNetwork}. */
export interface DrawOptions {
  /**
   * Makes the feeds with which the network is run. What it throws, as errors of the network itself, leaves the drawing without times.
   */
  readonly feeds: (session: InferenceSession) => Common.FeedsType;
  /** Dims of inputs that the model leaves open, by name; those of the feeds. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Threads of a run (default: all processors that this process may use). */
  readonly threads?: number;
  /** Seconds for timing (default 2). */
  readonly time?: number;
  /** Limits of resources, for untrusted models. */
  readonly limits?: Partial<Limits>;
  /** Stops between two runs, and within one. */
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done. */
  readonly onProgress?: (done: number) => void;
}

const drawOptions: OptionTable<DrawOptions> = {
  feeds: required(callback),
  inputShapes: object,
  threads: integer(1),
  time: number({ above: 0, below: Infinity }, 'a number of seconds'),
  limits: limitsOption,
  signal: signalOption,
  onProgress: callback,
};

/**
 * What `gdws inspect --html` draws: the operations that the engine carries out, the nodes that each computes, what they cost and how long
 * they take. A network that cannot be run is drawn node by node, with the reason.
 *
 * @param file ONNX file
 * @throws GdwsError MODEL_UNREADABLE, MODEL_INVALID, EXTERNAL_DATA, LIMIT_EXCEEDED; INPUT_UNKNOWN and SHAPE_MISMATCH for shapes that do
 *   not fit; ARGUMENT_INVALID; ABORTED
 */
export async function drawNetwork(file: string, options: DrawOptions): Promise<Drawing> {
  checkOptions(options, drawOptions);
  const limits = limitsOf(options);
  const graph = new Graph(await readModel(file, limits), file, limits);
  const values = inferValues(graph, typesOfInputs(graph, options.inputShapes), { lenient: true });
  const outcome = await timesOf(file, options);
  const { times, refusal } = outcome;
  const hostedNames = new Set(times?.hosted);
  const given = new Set(times?.operations.flatMap(({ tensors }) => tensors));
  // Nodes may share a name: one that an operation computes is not meant.
  const isHosted = (node: NodeProto) => hostedNames.has(nameOf(node)) && !node.output.some((name) => given.has(name));
  const hosted = new Set(graph.nodes.filter(isHosted));
  const { groups, folded, others } = groupNodes(graph, values, times?.operations ?? [], hosted);
  const cost = networkCost(graph, values);
  const costOf = new Map(cost.nodes.map((one) => [one.node, one]));
  const placeOfGroup = placesOf(groups);
  const counted = new Set<NodeProto>();

  const boxOf = (group: NodeGroup<TimedOperation>): Box => {
    const costs = group.nodes.filter((node) => !counted.has(node)).flatMap((node) => costOf.get(node) ?? []);
    for (const node of group.nodes) counted.add(node);
    const weights = new Map(costs.flatMap((one) => [...one.weights]));
    const isCounted = costs.length > 0 && costs.every(({ macs }) => macs !== undefined);
    const operations = group.operations.map(operationOf);
    const alone = operations.map((one) => one.alone);
    return {
      ...whereOf(group, hosted, outcome),
      nodes: group.nodes.map((node) => describeNode(graph, node, values)),
      operations,
      milliseconds: times && sumOf(operations.map(({ milliseconds }) => milliseconds)),
      alone: operations.length > 0 && alone.every((one) => one !== undefined) ? sumOf(alone) : undefined,
      macs: isCounted ? sumOf(costs.map(({ macs }) => macs!)) : undefined,
      params: sumOf(Array.from(weights.values(), elementCount)),
      reads: [...new Set(group.reads.flatMap((name) => sourceOf(graph, placeOfGroup, name) ?? []))],
    };
  };

  return {
    file,
    bytes: (await fs.stat(file)).size,
    boxes: groups.map(boxOf),
    inputs: graph.inputs.map(({ name }) => describeTensor(graph, name, values)),
    outputs: graph.outputs.map(({ name }) => {
      return { ...describeTensor(graph, name, values), from: sourceOf(graph, placeOfGroup, name) };
    }),
    folded: folded.map(nameOf),
    macs: cost.macs,
    params: cost.params,
    measured: times && {
      ...{ runs: times.runs, threads: times.threads, milliseconds: times.milliseconds },
      ofOperations: sumOf(times.operations.map(({ milliseconds }) => milliseconds)),
      instructionSet: native().instructionSet,
      within: others.map((operation) => ({ node: operation.node, ...operationOf(operation) })),
    },
    refusal: refusal && { message: refusal.message, remedy: refusal.remedy },
  };
}

interface Outcome {
  readonly times?: OperationTimes;
  readonly refusal?: GdwsError;
}

async function timesOf(
  file: string,
  { feeds, threads, time = 2, limits, signal, onProgress }: DrawOptions,
): Promise<Outcome> {
  try {
    const budget = 1000 * time;
    const times = await measureOperations(file, {
      ...{ threads: threads ?? native().concurrency, budget, feeds, limits, signal, onProgress },
    });
    return { times };
  } catch (error) {
    if (!(error instanceof GdwsError) || error.code === 'ABORTED') throw error;
    return { refusal: error };
  }
}

/** The box that gives a tensor, or the input that it is; `undefined` of what is known before a run. */
function sourceOf(
  graph: Graph,
  placeOfGroup: ReadonlyMap<NodeProto, number>,
  name: string,
): number | string | undefined {
  const producer = graph.producer(name);
  if (producer) return placeOfGroup.get(producer);
  return graph.isInitializer(name) ? undefined : name;
}

function whereOf(
  { nodes, operations, last }: NodeGroup<TimedOperation>,
  hosted: ReadonlySet<NodeProto>,
  { times, refusal }: Outcome,
): { where: Where; reason?: string } {
  if (times) {
    if (hosted.has(last)) return { where: 'javascript' };
    if (operations.length === 0) return { where: 'nowhere' };
    return { where: operations.some(({ type }) => type !== 'float32') ? 'integers' : 'floats' };
  }
  const unknown = [last, ...nodesWithin(last)].find(({ domain, opType }) => !operatorOf(domain, opType));
  if (unknown) return { where: 'unsupported', reason: `The engine has no operator ${operatorName(unknown)}.` };
  if (refusal?.node !== undefined && nodes.some((node) => nameOf(node) === refusal.node)) {
    return { where: 'unsupported', reason: refusal.message };
  }
  return { where: 'unknown' };
}

function operatorName({ domain, opType }: NodeProto): string {
  return domain ? `${domain}.${opType}` : opType;
}

function operationOf({ kernel, milliseconds, alone }: TimedOperation): DrawnOperation {
  return { kernel, milliseconds, alone };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
