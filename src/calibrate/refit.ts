import { native, type NativeSession } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { fusedProgram } from '../engine/compile';
import { operationsOf } from '../gdws/layer-operations';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { Stages } from '../gdws/stages';
import type { Graph } from '../graph/graph';
import { ConstantPool, toNativeConstants, type NativeConstants } from '../program/constant-pool';
import type { Operation, ProgramOperation } from '../program/operation';
import { bytesOf, type Program } from '../program/program';
import { RandomStream } from '../robustness/random-stream';
import { fitStages, type FitOptions } from './fit-stages';
import { imageFeeds, type CalibrationImages } from './images';
import { RegressionSums } from './layer-regression';
import { LiveStore } from './live-store';
import { replacedOperations } from './replaced-operations';
import { readBy, Segment, type LiveValues } from './segments';

/** A layer's depthwise stage. */
export type Kernels = Pick<Stages, 'counts' | 'kernels'>;

export interface RefitOptions extends FitOptions {
  /** Whether each layer is fitted as if all others were dense (default false). */
  readonly fitLayersIndependently?: boolean;
  /** Seed of the patches that are drawn. */
  readonly seed: number;
  /** Bytes of values between segments that are held in memory; others go to a temporary file. */
  readonly liveBytes: number;
  /** Weight of the moments without products of different channels; by the number of patches if absent. */
  readonly shrinkage?: number;
  /** (groups, M / groups, M / groups): weights of errors of the layer's outputs. */
  fisher(layer: Layer): Float64Array | undefined;
  onLayer(done: number, total: number, layer: Layer): void;
  throwIfAborted(): void;
}

/**
 * Refits layers one after the other, in the network's order: both stages become the best map from the layer's input in the
 * network compressed so far to its output in the dense network, which corrects errors of earlier layers. Both networks run
 * segment by segment over all images; a store keeps the values between segments. Of nodes that share their weights, the first
 * is fitted.
 *
 * @param stages of the layers that are replaced
 * @returns the stages refitted, by layer
 */
export async function refitInOrder(
  graph: Graph,
  stages: ReadonlyMap<Layer, Kernels>,
  images: CalibrationImages,
  options: RefitOptions,
): Promise<Map<Layer, Stages>> {
  const refit = new Refit(graph, stages, images, options);
  return refit.run();
}

/** The dense network for batches of one size. */
interface SizedProgram {
  readonly program: Program;
  readonly constants: NativeConstants;
}

interface Stop {
  readonly layer: Layer;
  /** Place of the layer's operation in the program. */
  readonly place: number;
}

class Refit {
  private readonly pool = new ConstantPool();
  private readonly session: NativeSession;
  private readonly programs = new Map<number, SizedProgram>();
  private readonly store: LiveStore;

  constructor(
    private readonly graph: Graph,
    private readonly stages: ReadonlyMap<Layer, Kernels>,
    private readonly images: CalibrationImages,
    private readonly options: RefitOptions,
  ) {
    this.session = native().createSession(options.threads);
    this.store = new LiveStore(options.liveBytes);
  }

  async run(): Promise<Map<Layer, Stages>> {
    try {
      return await this.runThrough();
    } finally {
      await this.store.close();
    }
  }

  private async runThrough(): Promise<Map<Layer, Stages>> {
    const { images, options } = this;
    const batches: Batch[] = [];
    for (let begin = 0; begin < images.count; begin += images.batchSize) {
      const sized = this.programFor(Math.min(images.batchSize, images.count - begin));
      const [input] = sized.program.inputs;
      const bytes = bytesOf(sized.program.values[input!]!);
      const live = new Map([[input!, { type: 'float32' as const, bytes, make: () => images.batch(begin) }]]);
      batches.push({ sized, dense: live, compressed: live });
    }
    const stops = this.stopsOf(batches[0]!.sized.program);
    const refitted = new Map<Layer, Stages>();
    let from = 0;
    for (const [index, { layer, place }] of stops.entries()) {
      options.throwIfAborted();
      await this.advance(batches, from, place);
      const fitted = await this.solve(layer, place, batches);
      refitted.set(layer, fitted);
      if (!options.fitLayersIndependently) this.replace(layer, fitted);
      from = place;
      options.onLayer(index + 1, stops.length, layer);
    }
    return refitted;
  }

  private programFor(count: number): SizedProgram {
    let sized = this.programs.get(count);
    if (!sized) {
      const values = inferValues(this.graph, imageFeeds(this.graph, count, this.images.dims));
      const { program, constants } = fusedProgram(this.graph, { values }, this.pool, { separable: false });
      sized = { program, constants: toNativeConstants(constants) };
      this.programs.set(count, sized);
    }
    return sized;
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
    const segments = new Map<SizedProgram, { dense: Segment; compressed: Segment; replaces: boolean }>();
    for (const batch of batches) {
      const { sized } = batch;
      let pair = segments.get(sized);
      if (!pair) {
        const { operations, values } = sized.program;
        const part = operations.slice(from, to);
        const later = readBy(operations.slice(to));
        const replaced = part.map((operation) => this.replacements.get(sized)?.get(operation) ?? operation);
        pair = {
          dense: new Segment(this.session, values, part, later, sized.constants),
          compressed: new Segment(this.session, values, replaced, later, sized.constants),
          replaces: replaced.some((operation, index) => operation !== part[index]),
        };
        segments.set(sized, pair);
      }
      const same = batch.dense === batch.compressed && !pair.replaces;
      const before = new Set([...batch.dense.values(), ...batch.compressed.values()]);
      const compressed = await pair.compressed.run(batch.compressed, this.store);
      batch.dense = same ? compressed : await pair.dense.run(batch.dense, this.store);
      batch.compressed = compressed;
      for (const stored of [...batch.dense.values(), ...compressed.values()]) before.delete(stored);
      for (const stored of before) this.store.release(stored);
    }
  }

  /** The GDWS operations that replace convolutions of a program. */
  private readonly replacements = new Map<SizedProgram, Map<ProgramOperation, ProgramOperation>>();

  private replace(layer: Layer, stages: Stages): void {
    for (const sized of this.programs.values()) {
      const own = this.replacements.get(sized) ?? new Map<ProgramOperation, ProgramOperation>();
      this.replacements.set(sized, own);
      for (const [operation, replaced] of replacedOperations(sized, this.pool, layer, stages))
        own.set(operation, replaced);
    }
  }

  /** The stages that best map the layer's input in the compressed network to its output in the dense one. */
  private async solve(layer: Layer, place: number, batches: readonly Batch[]): Promise<Stages> {
    const { options, session } = this;
    const random = new RandomStream(options.seed, place);
    const sums = new RegressionSums({ session, store: this.store, pool: this.pool }, layer, random);
    const programs = new Set(batches.map(({ sized }) => sized));
    const share = Math.min(1, maxPatches(layer) / patchCount(batches, place));
    for (const sized of programs) {
      const operation = sized.program.operations[place] as Operation<'convolution'>;
      const x = operation.inputs[0]!;
      const maps = batches
        .filter((batch) => batch.sized === sized)
        .map(({ dense, compressed }) => ({ dense: dense.get(x)!, compressed: compressed.get(x)! }));
      await sums.add(maps, { operation, values: sized.program.values }, share);
      options.throwIfAborted();
    }
    return fitStages(layer, this.stages.get(layer)!, sums.means(options.shrinkage), options.fisher(layer), options);
  }
}

/** A sample of this size, relative to the unknowns of one output, is as good as all pixels: docs/calibration-experiments.md. */
function maxPatches({ shape }: Layer): number {
  return Math.max(16384, (8 * shape.inputChannels * taps(shape)) / shape.groups);
}

/** Output pixels of the operation at a place, of all batches. */
function patchCount(batches: readonly Batch[], place: number): number {
  return batches.reduce((sum, { sized: { program } }) => {
    const [images = 0, , height = 0, width = 0] = program.values[program.operations[place]!.outputs[0]!]!.dims;
    return sum + images * height * width;
  }, 0);
}

interface Batch {
  readonly sized: SizedProgram;
  dense: LiveValues;
  compressed: LiveValues;
}
