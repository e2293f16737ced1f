import { fusedProgram, namingNodes } from '../engine/compile';
import { ConstantPool, toNativeConstants } from '../engine/constant-pool';
import { activationCode } from '../engine/functions';
import { Program, type ProgramOperation, type ValueId } from '../engine/program';
import { ProgramWriter } from '../engine/program-writer';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { Stages } from '../gdws/stages';
import type { Graph } from '../graph/graph';
import { inferValues } from '../graph/infer';
import { elementCount } from '../graph/value';
import {
  native,
  type HeldMemory,
  type NativeArray,
  type NativeConstant,
  type NativeProgram,
  type NativeSession,
} from '../native';
import type { CalibrationImages } from './images';
import { operationsOf } from './layer-operations';
import { leastSquares } from './least-squares';
import { channelRows } from './maps';
import { readBy, Segment, type LiveValues } from './segments';

/** What a layer's depthwise stage is. */
type Kernels = Pick<Stages, 'counts' | 'kernels'>;

export interface RefitOptions {
  readonly threads: number;
  /** Share of the features' mean square that is added to each, against directions that the images hardly show. */
  readonly ridge: number;
  onLayer(done: number, total: number, layer: Layer): void;
  throwIfAborted(): void;
}

/**
 * Refits the pointwise stages of layers one after the other, in the network's order: the least-squares map from what the
 * depthwise kernels make of the input that the network compressed so far produces, to what the dense layer makes of the dense
 * network's input. P = E[y zᵀ]·E[z zᵀ]⁻¹, which repairs what earlier layers broke. Both networks go forward segment by segment
 * over all images, whose values between segments stay in memory. Nodes that share their weights are fitted to the first.
 *
 * @param stages of the layers that are replaced
 * @returns the pointwise weights, by layer
 */
export async function refitInOrder(
  graph: Graph,
  stages: ReadonlyMap<Layer, Kernels>,
  images: CalibrationImages,
  options: RefitOptions,
): Promise<Map<Layer, Float32Array>> {
  const refit = new Refit(graph, stages, images, options);
  return refit.run();
}

/** One network on its way through the segments, for batches of one size. */
interface Lane {
  readonly program: Program;
  readonly constants: (NativeConstant | undefined)[];
}

interface Stop {
  readonly layer: Layer;
  /** Place of the layer's operation in the program. */
  readonly place: number;
}

class Refit {
  private readonly pool = new ConstantPool();
  private readonly session: NativeSession;
  private readonly lanes = new Map<number, Lane>();

  constructor(
    private readonly graph: Graph,
    private readonly stages: ReadonlyMap<Layer, Kernels>,
    private readonly images: CalibrationImages,
    private readonly options: RefitOptions,
  ) {
    this.session = native.createSession(options.threads);
  }

  async run(): Promise<Map<Layer, Float32Array>> {
    const { images, options } = this;
    const batches: Batch[] = [];
    for (let begin = 0; begin < images.count; begin += images.batchSize) {
      const pixels = await images.batch(begin);
      const lane = this.laneFor(pixels.length / elementCount(images.dims));
      const live = new Map<ValueId, NativeArray>([[lane.program.inputs[0]!, pixels]]);
      batches.push({ lane, dense: live, compressed: live });
    }
    const stops = this.stopsOf(batches[0]!.lane.program);
    const refitted = new Map<Layer, Float32Array>();
    let from = 0;
    for (const [index, { layer, place }] of stops.entries()) {
      options.throwIfAborted();
      await this.advance(batches, from, place);
      const pointwise = await this.solve(layer, place, batches);
      refitted.set(layer, pointwise);
      this.replace(layer, pointwise);
      from = place;
      options.onLayer(index + 1, stops.length, layer);
    }
    return refitted;
  }

  private laneFor(count: number): Lane {
    let lane = this.lanes.get(count);
    if (!lane) {
      const [input] = this.graph.inputs;
      const dims = [count, ...this.images.dims];
      const values = inferValues(this.graph, new Map([[input!.name, { type: 'float32', dims }]]));
      const { program, constants } = fusedProgram(this.graph, values, this.pool, false);
      lane = { program, constants: toNativeConstants(constants) };
      this.lanes.set(count, lane);
    }
    return lane;
  }

  /** The layers by the place of their first operation. */
  private stopsOf(program: Program): Stop[] {
    return [...this.stages.keys()]
      .flatMap((layer) => {
        const [first] = operationsOf(program, layer);
        return first ? [{ layer, place: program.operations.indexOf(first) }] : [];
      })
      .sort((a, b) => a.place - b.place);
  }

  /** Runs the operations between two places on all batches, in both networks. */
  private async advance(batches: readonly Batch[], from: number, to: number): Promise<void> {
    const segments = new Map<Lane, { dense: Segment; compressed: Segment; replaces: boolean }>();
    for (const batch of batches) {
      const { lane } = batch;
      let pair = segments.get(lane);
      if (!pair) {
        const { operations, values } = lane.program;
        const part = operations.slice(from, to);
        const later = readBy(operations.slice(to));
        const replaced = part.map((operation) => this.replacements.get(lane)?.get(operation) ?? operation);
        pair = {
          dense: new Segment(this.session, values, part, later, lane.constants),
          compressed: new Segment(this.session, values, replaced, later, lane.constants),
          replaces: replaced.some((operation, index) => operation !== part[index]),
        };
        segments.set(lane, pair);
      }
      const same = batch.dense === batch.compressed && !pair.replaces;
      const compressed = await pair.compressed.run(batch.compressed);
      batch.dense = same ? compressed : await pair.dense.run(batch.dense);
      batch.compressed = compressed;
    }
  }

  /** The GDWS operations that stand for convolutions of a lane. */
  private readonly replacements = new Map<Lane, Map<ProgramOperation, ProgramOperation>>();

  private replace(layer: Layer, pointwise: Float32Array): void {
    const { counts, kernels } = this.stages.get(layer)!;
    const total = kernels.length / taps(layer.shape);
    const { outputChannels, groups, kernel } = layer.shape;
    for (const lane of this.lanes.values()) {
      const own = this.replacements.get(lane) ?? new Map<ProgramOperation, ProgramOperation>();
      this.replacements.set(lane, own);
      const depthwiseId = this.constant(lane, kernels, [total, 1, ...kernel]);
      const pointwiseId = this.constant(lane, pointwise, [outputChannels, total / groups, 1, 1]);
      for (const operation of operationsOf(lane.program, layer)) {
        const [x, , ...addends] = operation.inputs;
        own.set(operation, {
          ...operation,
          opcode: 'gdws',
          inputs: [x, depthwiseId, pointwiseId, ...addends],
          ints: [...operation.ints, ...counts],
        });
      }
    }
  }

  private constant({ program, constants }: Lane, data: Float32Array, dims: readonly number[]): ValueId {
    const index = this.pool.numberOf({ type: 'float32', dims, data });
    constants[index] = { type: 0, data };
    return program.addValue({ type: 'float32', dims, storage: 'constant', index });
  }

  private async solve(layer: Layer, place: number, batches: readonly Batch[]): Promise<Float32Array> {
    const { counts, kernels } = this.stages.get(layer)!;
    const { outputChannels, groups } = layer.shape;
    const features = counts.reduce((sum, count) => sum + count, 0) / groups;
    const outputs = outputChannels / groups;
    const gram = new Float64Array(groups * features * features);
    const cross = new Float64Array(groups * outputs * features);
    const programs = new Map<Lane, { program: NativeProgram; x: ValueId }>();
    for (const { lane, dense, compressed } of batches) {
      this.options.throwIfAborted();
      let own = programs.get(lane);
      if (!own) {
        const operation = lane.program.operations[place]!;
        programs.set(lane, (own = this.momentsProgram(lane, operation, layer, counts, kernels)));
      }
      const inputs: (HeldMemory | NativeArray)[] = [dense.get(own.x)!, compressed.get(own.x)!];
      const [gramBytes, crossBytes] = await own.program.run(inputs).done;
      addTo(gram, new Float32Array(gramBytes!));
      addTo(cross, new Float32Array(crossBytes!));
    }
    const result = new Float32Array(outputChannels * features);
    for (let group = 0; group < groups; ++group) {
      const weights = await leastSquares(
        {
          features,
          outputs,
          gram: gram.subarray(group * features ** 2, (group + 1) * features ** 2),
          cross: cross.subarray(group * outputs * features, (group + 1) * outputs * features),
        },
        this.options.ridge,
        this.options.threads,
        { file: this.graph.file, node: layer.name, operator: 'Conv' },
      );
      result.set(weights, group * outputs * features);
    }
    return result;
  }

  /** From the layer's input in the dense and in the compressed network to Σ z zᵀ and Σ y zᵀ, y without bias. */
  private momentsProgram(
    { program, constants }: Lane,
    { inputs, ints, outputs, origin }: ProgramOperation,
    { shape }: Layer,
    counts: Int32Array,
    kernels: Float32Array,
  ): { program: NativeProgram; x: ValueId } {
    const x = inputs[0]!;
    const { dims } = program.values[x]!;
    const result = program.values[outputs[0]!]!.dims;
    const weights = program.values[inputs[1]!]!;
    const own = new Program();
    const writer = new ProgramWriter(own, origin);
    const [groups = 1] = ints;
    const total = kernels.length / taps(shape);
    const all = [...constants];
    const constant = (type: 'float32' | 'int32', data: Float32Array | Int32Array, shapeOf: readonly number[]) => {
      const index = this.pool.numberOf({ type, dims: shapeOf, data });
      all[index] = { type: type === 'int32' ? 2 : 0, data };
      return writer.numbered(type, shapeOf, index);
    };
    const denseMap = writer.input('float32', dims);
    const map = writer.input('float32', dims);
    const plain = [...ints.slice(1, 9), activationCode('none')];
    const y = writer.emit('convolution', [denseMap, own.addValue(weights)], result, [groups, ...plain], [0, 0]);
    const channels = Int32Array.from([...counts].flatMap((count, channel) => new Array<number>(count).fill(channel)));
    const isOneEach = counts.every((count) => count === 1);
    const gathered = isOneEach
      ? map
      : writer.emit('gather', [map, constant('int32', channels, [total])], [dims[0]!, total, ...dims.slice(2)], [1]);
    const filters = constant('float32', kernels, [total, 1, ...shape.kernel]);
    const z = writer.emit(
      'convolution',
      [gathered, filters],
      [result[0]!, total, ...result.slice(2)],
      [total, ...plain],
      [0, 0],
    );
    const features = channelRows(writer, z, groups);
    own.outputs.push(writer.productOfRows(features, features));
    own.outputs.push(writer.productOfRows(channelRows(writer, y, groups), features));
    return { program: namingNodes(own, () => this.session.compile(own.encode(), all)), x };
  }
}

interface Batch {
  readonly lane: Lane;
  dense: LiveValues;
  compressed: LiveValues;
}

function addTo(sums: Float64Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
