import type { NativeSession } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { imageFeeds, type CalibrationImages } from '../calibrate/images';
import type { LiveStore, StoredValue } from '../calibrate/live-store';
import { readBy, Segment, type LiveValues } from '../calibrate/segments';
import { buildProgram } from '../engine/builder';
import type { Graph } from '../graph/graph';
import type { Constant } from '../onnx/value';
import { toNativeConstants, type ConstantPool, type NativeConstants } from '../program/constant-pool';
import { nativeTypes } from '../program/element-type';
import type { ProgramOperation, ValueId } from '../program/operation';
import { bytesOf, type Program } from '../program/program';

/** A network's program for batches of one size. */
interface SizedProgram {
  readonly program: Program;
  readonly constants: NativeConstants;
}

/** The values of a batch between two operations. */
export interface StoredBatch {
  readonly images: number;
  readonly sized: SizedProgram;
  live: LiveValues;
}

/** What programs over stored values share. The pool numbers the constants of all of them: a session knows them by number. */
export interface StoredEngine {
  readonly session: NativeSession;
  readonly store: LiveStore;
  readonly pool: ConstantPool;
}

/**
 * A network that goes forward over all images at once, operation by operation, whose constants may be replaced before the
 * operations that read them have run.
 */
export class StoredNetwork {
  readonly batches: readonly StoredBatch[];
  private readonly programs = new Map<number, SizedProgram>();
  private readonly places = new Map<string, { first: number; last: number }>();
  private place = 0;

  constructor(
    private readonly graph: Graph,
    private readonly images: CalibrationImages,
    private readonly engine: StoredEngine,
    /** Edits a program before it runs. */
    private readonly edit: (program: Program) => void = () => {},
  ) {
    const batches: StoredBatch[] = [];
    for (let begin = 0; begin < images.count; begin += images.batchSize) {
      const count = Math.min(images.batchSize, images.count - begin);
      const sized = this.programFor(count);
      const [input] = sized.program.inputs;
      const live = new Map();
      if (input !== undefined) {
        const bytes = bytesOf(sized.program.values[input]!);
        live.set(input, { type: 'float32' as const, bytes, make: () => images.batch(begin) });
      }
      batches.push({ images: count, sized, live });
    }
    this.batches = batches;
    this.operations.forEach(({ origin: { node } }, place) => {
      this.places.set(node, { first: this.places.get(node)?.first ?? place, last: place });
    });
  }

  /** The operations for the size of the first batches; those of other sizes have the same values at the same places. */
  get operations(): readonly ProgramOperation[] {
    return this.batches[0]!.sized.program.operations;
  }

  /** Place of the last operation that computes a node. */
  placeOf(node: string): number | undefined {
    return this.places.get(node)?.last;
  }

  /** Place of the product of matrices or the convolution that a node is, between views of its tensors; of its first operation, if it is none. */
  productPlaceOf(node: string): number | undefined {
    const own = this.places.get(node);
    if (!own) return undefined;
    const inNode = this.operations.slice(own.first, own.last + 1);
    const product = inNode.findIndex(({ opcode }) => opcode === 'convolution' || opcode === 'matmul');
    return own.first + Math.max(product, 0);
  }

  /** Runs all operations before a place that have not run yet. */
  async advance(to: number): Promise<void> {
    if (to <= this.place) return;
    const segments = new Map<SizedProgram, Segment>();
    for (const batch of this.batches) {
      const { program, constants } = batch.sized;
      let segment = segments.get(batch.sized);
      if (!segment) {
        const later = readBy(program.operations.slice(to));
        program.outputs.forEach((id) => later.add(id));
        const own = program.operations.slice(this.place, to);
        segment = new Segment(this.engine.session, program.values, own, later, constants);
        segments.set(batch.sized, segment);
      }
      const before = new Set(batch.live.values());
      batch.live = await segment.run(batch.live, this.engine.store);
      for (const stored of batch.live.values()) before.delete(stored);
      for (const stored of before) this.engine.store.release(stored);
    }
    this.place = to;
  }

  /** What operations that have not run yet give, batch by batch: the result of the one at a place. It must be released. */
  async preview(place: number): Promise<StoredValue[]> {
    const [result] = this.operations[place]!.outputs;
    const found: StoredValue[] = [];
    for (const { live, sized } of this.batches) {
      const { program, constants } = sized;
      const own = program.operations.slice(this.place, place + 1);
      const segment = new Segment(this.engine.session, program.values, own, new Set([result!]), constants);
      found.push((await segment.run(live, this.engine.store)).get(result!)!);
    }
    return found;
  }

  /** Gives a constant value other elements, for the operations that have not run yet. */
  setConstant(id: ValueId, constant: Constant): void {
    const index = this.engine.pool.numberOf(constant);
    for (const { program, constants } of this.programs.values()) {
      const { type } = program.values[id]!;
      constants.set(index, { type: nativeTypes.indexOf(type), data: constant.data as Float32Array });
      program.values[id] = { ...program.values[id]!, index };
    }
  }

  /** Gives up what it holds in the store. It must not advance after. */
  release(): void {
    for (const { live } of this.batches) for (const stored of live.values()) this.engine.store.release(stored);
  }

  private programFor(count: number): SizedProgram {
    let sized = this.programs.get(count);
    if (!sized) {
      const values = inferValues(this.graph, imageFeeds(this.graph, count, this.images.dims));
      const { program, constants } = buildProgram(this.graph, { values }, this.engine.pool);
      this.edit(program);
      sized = { program, constants: toNativeConstants(constants) };
      this.programs.set(count, sized);
    }
    return sized;
  }
}
