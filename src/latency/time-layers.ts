import { createHash } from 'node:crypto';
import { native, type NativeProgram } from '../addon/native';
import { inferGraph, inferValues } from '../analysis/infer';
import { typesOfInputs } from '../analysis/input-types';
import { simplify } from '../analysis/simplify';
import { GdwsError } from '../base/errors';
import { fusedProgram, withNodeErrors } from '../engine/compile';
import { MachineCache } from '../engine/machine-cache';
import { convolutionsOf } from '../gdws/layer-operations';
import type { Layer } from '../gdws/layers';
import { nameNodes } from '../graph/distinct-names';
import { Graph } from '../graph/graph';
import { editableCopy } from '../onnx/copy';
import { nameOf } from '../onnx/node-place';
import type { ValueType } from '../onnx/value';
import { ConstantPool } from '../program/constant-pool';
import { encodeProgram } from '../program/encode';
import type { ProgramOperation } from '../program/operation';
import type { Program } from '../program/program';
import { quantizeUncalibrated } from '../quantize/uncalibrated';
import { curvesOf, type Curves, type LevelTime } from './curves';
import { isCurves } from './is-curves';
import { placeProducts, type FloatTime, type PlacedProduct } from './format-times';
import type { FloatLatency, LatencyModel, LayerLatency } from './latency-model';
import { LeveledProgram, type CompilableProgram, type PlacedLayer } from './leveled-program';
import { levels } from './levels';
import { runnerOf } from './network-run';
import { timePrograms } from './time-programs';

export interface TimingOptions {
  /** Threads of a run (default: the processors this process may use). */
  readonly runThreads?: number;
  /** Images of a run, for inputs whose leading dimension is open (default: those of `inputShapes`, else 1). */
  readonly batch?: number;
  /** Shapes of inputs, by name. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Whether times in the cache are measured again (default false). */
  readonly remeasure?: boolean;
  readonly signal?: AbortSignal;
  /** Whether the network is timed in integers (default false). */
  readonly int8?: boolean;
  /** Nodes that stay in floats then. */
  readonly int8Exclude?: readonly (string | RegExp)[];
  /** Called with the fraction done, 0 to 1. */
  onMeasured?: (done: number) => void;
}

const latencyCache = { name: 'latencies', isEntry: isCurves, maxEntries: 300 };

/** Memory limit of the programs that are timed in turn, without the dense one. */
const maxBytes = 1 << 28;

/**
 * Times the layers of a network on this machine, dense and as GDWS with several numbers of kernels, within runs of the whole
 * network: with its state of caches, threads and fused operations. Times are kept on disk, for networks of the same shape.
 *
 * @throws {GdwsError} SHAPE_UNKNOWN, SHAPE_MISMATCH, OPERATOR_UNSUPPORTED, OUT_OF_MEMORY, ABORTED
 */
export async function timeLayers(
  graph: Graph,
  layers: readonly Layer[],
  options: TimingOptions,
): Promise<LatencyModel> {
  const {
    runThreads: threads = native().concurrency,
    batch,
    inputShapes,
    remeasure = false,
    signal,
    int8 = false,
    onMeasured,
  } = options;
  const own = new Graph(editableCopy(graph.model), graph.file, graph.limits);
  nameNodes(own);
  simplify(own);
  const feeds = typesOfInputs(own, batch === undefined ? inputShapes : withBatch(own, batch, inputShapes));
  const pool = new ConstantPool();
  const formats = int8 ? formatsOf(own, feeds, options.int8Exclude, pool) : undefined;
  if (int8) quantizeUncalibrated(own, feeds, options.int8Exclude);
  const values = inferValues(own, feeds);
  const built = fusedProgram(own, { values }, pool);
  const placed = placeLayers(built.program, layers);
  const choices = formats && {
    products: placeProducts(formats.graph, formats.products, formats.values, {
      integers: built.program,
      floats: formats.floats.program,
    }),
    mixed: formats.mixedNames,
  };
  const measure = async (): Promise<Curves> => {
    const leveled = new LeveledProgram(built, [...placed.values()], formats && [formats.floats, formats.mixed]);
    const session = native().createSession(threads);
    const compile = ({ words, constants }: CompilableProgram): NativeProgram =>
      withNodeErrors(built.program, () => session.compile(words, [...constants]));
    const run = runnerOf(own, values);
    const dense = compile(leveled.dense);
    const others = leveled.others.map(compile);
    const times: LevelTime[] = [];
    const measureTogether = async (together: readonly { level: number; program: NativeProgram }[]): Promise<void> => {
      const programs = [dense, ...together.map(({ program }) => program), ...others];
      const [ofDense, ...measured] = await timePrograms(session, programs, async (program) => {
        throwIfAborted(signal);
        await run(program);
      });
      const [floats, mixed] = measured.slice(together.length);
      together.forEach(({ level }, i) =>
        times.push({
          ...{ level, dense: ofDense!, gdws: measured[i]! },
          ...(floats && mixed && { formats: { floats, mixed } }),
        }),
      );
      onMeasured?.((int8 ? 0.5 : 1) * (times.length / levels.length));
    };
    // All levels in turn where memory allows, so that other load of the machine affects all alike.
    let together: { level: number; program: NativeProgram }[] = [];
    let bytes = 0;
    for (const level of levels) {
      const encoded = leveled.at(level);
      const program = compile(encoded);
      const own = program.arenaBytes + encoded.ownBytes;
      if (together.length > 0 && bytes + own > maxBytes) {
        await measureTogether(together);
        [together, bytes] = [[], 0];
      }
      together.push({ level, program });
      bytes += own;
    }
    await measureTogether(together);
    return curvesOf([...placed.values()], times, choices);
  };

  const cache = new MachineCache(latencyCache);
  const key = keyOf(built.program, { layers: [...placed.values()], products: choices?.products }, threads);
  let curves = remeasure ? undefined : cache.read()[key];
  if (!curves) {
    curves = await measure();
    cache.add({ [key]: curves });
  }
  const [input] = built.program.inputs;
  const { inFloats } = curves;
  return {
    threads,
    batch: (input === undefined ? undefined : built.program.values[input]!.dims[0]) ?? 1,
    instructionSet: native().instructionSet,
    dense: curves.dense,
    ...(inFloats && {
      inFloats: floatLatency(
        inFloats,
        [...placed.keys()],
        curves.layers,
        await timeLayers(graph, layers, {
          ...options,
          int8: false,
          onMeasured: (done) => onMeasured?.(0.5 + 0.5 * done),
        }),
      ),
    }),
    layers: Object.fromEntries([...placed.keys()].map(({ name }, index) => [name, curves.layers[index]!])),
  };
}

/** A network in floats, and with every other product in floats among integers. */
function formatsOf(
  graph: Graph,
  feeds: ReadonlyMap<string, ValueType>,
  exclude: TimingOptions['int8Exclude'] = [],
  pool: ConstantPool,
) {
  const copy = () => new Graph(editableCopy(graph.model), graph.file, graph.limits);
  const dense = copy();
  const values = inferValues(dense, feeds);
  // As they are there: those of the quantized network read bytes.
  const products = quantizeUncalibrated(copy(), feeds, exclude).flatMap(
    ({ output }) => dense.producer(output[0]!) ?? [],
  );
  const some = products.filter((_, index) => index % 2 === 1);
  const mixed = copy();
  quantizeUncalibrated(mixed, feeds, [...exclude, ...some.map(nameOf)]);
  return {
    ...{ graph: dense, values, products },
    floats: fusedProgram(dense, { values }, pool),
    mixed: fusedProgram(mixed, inferGraph(mixed, feeds), pool),
    mixedNames: new Set(some.map(nameOf)),
  };
}

/**
 * Times of what is in floats in a network of integers.
 *
 * @param layers with their times in integers
 * @param model of the network in floats: how its layers' times depend on their kernels
 */
function floatLatency(
  { dense, products }: NonNullable<Curves['inFloats']>,
  layers: readonly Layer[],
  inIntegers: readonly LayerLatency[],
  model: LatencyModel,
): FloatLatency {
  const digits = (time: number) => Number(time.toPrecision(5));
  const left = new Map(Object.entries(products));
  const ofLayers: Record<string, LayerLatency> = {};
  for (const [index, { name, nodes }] of layers.entries()) {
    const names = nodes.map(nameOf);
    const own = names.map((node) => products[node]);
    for (const node of names) left.delete(node);
    const layer = model.layers[name];
    if (!layer || own.some((time) => time === undefined)) continue;
    const [longer, conversion] = [sumOf(own, 'longer'), sumOf(own, 'conversion')];
    const scale = Math.max(0, inIntegers[index]!.dense + longer) / layer.dense;
    const withConversion = (time: number) => digits(scale * time + conversion);
    ofLayers[name] = { ...layer, dense: withConversion(layer.dense), gdws: layer.gdws.map(withConversion) };
  }
  const others = Array.from(left, ([name, { longer, conversion }]) => [name, digits(longer + conversion)] as const);
  return { dense, layers: ofLayers, products: Object.fromEntries(others) };
}

function sumOf(times: readonly (FloatTime | undefined)[], part: keyof FloatTime): number {
  return times.reduce((sum, time) => sum + (time?.[part] ?? 0), 0);
}

/**
 * The shapes of inputs for a batch size.
 *
 * @throws {GdwsError} SHAPE_MISMATCH where the model declares another one
 */
function withBatch(
  graph: Graph,
  batch: number,
  given: Readonly<Record<string, readonly number[]>> = {},
): Record<string, readonly number[]> {
  const shapes = { ...given };
  for (const { name } of graph.inputs) {
    const declared = graph.declared(name)?.dims;
    const [, ...others] = given[name] ?? declared ?? [];
    if (declared?.length === 0) continue;
    if (typeof declared?.[0] === 'number' && declared[0] !== batch) {
      throw new GdwsError('SHAPE_MISMATCH', `the model takes batches of ${declared[0]} only, not of ${batch}.`, {
        file: graph.file,
        tensor: name,
      });
    }
    if (others.every((dim) => typeof dim === 'number') && (given[name] ?? declared)) shapes[name] = [batch, ...others];
  }
  return shapes;
}

/** The layers that the engine runs as convolutions. */
function placeLayers(program: Program, layers: readonly Layer[]): Map<Layer, PlacedLayer> {
  const numbers = new Map(program.operations.map((operation, number) => [operation, number]));
  return new Map(
    layers.flatMap((layer) => {
      const operations = convolutionsOf(program, layer).map((operation) => numbers.get(operation)!);
      if (operations.length !== layer.nodes.length) return [];
      const kind = JSON.stringify(operations.map((number) => kindOf(program, program.operations[number]!)));
      return [[layer, { shape: layer.shape, operations, kind }] as const];
    }),
  );
}

/** The properties on which an operation's time depends. */
function kindOf({ values }: Program, { inputs, outputs, attributes }: ProgramOperation): unknown[] {
  return [[...inputs, ...outputs].map((id) => (id === undefined ? null : values[id]!.dims)), attributes];
}

/** The cache key: equal for networks with the same operations, shapes and layers that may be replaced, and formats to choose. */
function keyOf(
  program: Program,
  timed: { readonly layers: readonly PlacedLayer[]; readonly products?: readonly PlacedProduct[] },
  threads: number,
): string {
  const hash = createHash('sha256').update(encodeProgram(program)).update(JSON.stringify(timed));
  return `${hash.digest('hex').slice(0, 32)} ${threads}`;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GdwsError('ABORTED', 'the measuring was aborted.', { cause: signal.reason });
}
