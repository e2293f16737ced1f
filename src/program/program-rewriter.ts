import type { ProgramOperation, ValueId } from './operation';
import type { Program, ProgramValue } from './program';

/** Called with each operation; replaces those that match. */
export type Pattern = (operation: ProgramOperation, rewriter: ProgramRewriter) => void;

/** Replaces operations of a program, and keeps track of the producer and the uses of each value. */
export class ProgramRewriter {
  /** The operations that stand in the place of each of the program's; none where it was removed. */
  private readonly slots: ProgramOperation[][];
  /** Slot of each operation, and a part of 1 for its order within the slot. */
  private readonly places = new Map<ProgramOperation, number>();
  private readonly producers = new Map<ValueId, ProgramOperation>();
  /** The operations that read a value. */
  private readonly readers = new Map<ValueId, Set<ProgramOperation>>();
  /** Number of operands that read a value, and of program outputs that are it. */
  private readonly uses = new Map<ValueId, number>();

  constructor(readonly program: Program) {
    this.slots = program.operations.map((operation) => [operation]);
    program.operations.forEach((operation, place) => this.enter(operation, place));
    for (const id of program.outputs) this.count(id, 1);
  }

  /** Applies a pattern to each operation in order, after replacements of earlier ones. */
  apply(pattern: Pattern): void {
    for (let slot = 0; slot < this.slots.length; slot++) {
      const operations = this.slots[slot]!;
      // One alone is in the program; of several, one may be removed with another.
      if (operations.length === 1) pattern(operations[0]!, this);
      else for (const operation of operations) if (this.places.has(operation)) pattern(operation, this);
    }
    this.program.operations = this.slots.flat();
  }

  valueOf(id: ValueId): ProgramValue {
    return this.program.values[id]!;
  }

  /** The operation that writes a value; undefined for constants and inputs, and for an absent operand. */
  producerOf(id: ValueId | undefined): ProgramOperation | undefined {
    return id === undefined ? undefined : this.producers.get(id);
  }

  /** The operation that writes a value, if a single operand reads it and it is no output of the program. */
  soleProducerOf(id: ValueId | undefined): ProgramOperation | undefined {
    if (id === undefined || this.uses.get(id) !== 1 || this.readers.get(id)?.size !== 1) return undefined;
    return this.producers.get(id);
  }

  /** Has all operations that read a value read another, which is written before it. Outputs of the program stay. */
  forward(from: ValueId, to: ValueId): void {
    for (const reader of this.readers.get(from) ?? []) {
      const inputs = reader.inputs.map((id) => (id === from ? to : id));
      this.replace(reader, { ...reader, inputs });
    }
  }

  /** The place of an operation in the order of execution. */
  placeOf(operation: ProgramOperation): number {
    return this.places.get(operation)!;
  }

  /**
   * Replaces an operation by `by`, one or several in order, and removes others that `by` includes.
   *
   * @throws Error where a value would be read before it is written, or be read and not be written
   */
  replace(
    operation: ProgramOperation,
    by: ProgramOperation | readonly ProgramOperation[],
    absorbed: readonly ProgramOperation[] = [],
  ): void {
    const added = 'opcode' in by ? [by] : by;
    const removed = [operation, ...absorbed];
    const slot = Math.floor(this.placeOf(operation));
    const kept = this.slots[slot]!.filter((one) => !absorbed.includes(one));
    const stands = kept.flatMap((one) => (one === operation ? added : [one]));
    for (const one of removed) this.leave(one);
    this.slots[slot] = stands;
    for (const [index, one] of stands.entries()) {
      const place = slot + index / stands.length;
      if (this.places.has(one)) this.places.set(one, place);
      else this.enter(one, place);
    }
    for (const one of added) {
      for (const id of one.inputs) {
        if (id === undefined || this.valueOf(id).storage !== 'temporary') continue;
        const producer = this.producers.get(id);
        if (!producer || this.placeOf(producer) >= this.placeOf(one))
          throw new Error(`value ${id} would be read before it is written`);
      }
    }
    for (const id of removed.flatMap(({ outputs }) => outputs)) {
      const producer = this.producers.get(id);
      if (!producer && this.uses.get(id)) throw new Error(`value ${id} would be read and not be written`);
      for (const reader of this.readers.get(id) ?? []) {
        if (producer && this.placeOf(reader) < this.placeOf(producer))
          throw new Error(`value ${id} would be read before it is written`);
      }
    }
  }

  /** Removes operations whose results nothing reads. */
  removeUnused(): void {
    for (const operation of this.slots.flat().toReversed()) {
      if (operation.outputs.every((id) => !this.uses.get(id))) this.leave(operation);
    }
  }

  private enter(operation: ProgramOperation, place: number): void {
    this.places.set(operation, place);
    for (const id of operation.outputs) this.producers.set(id, operation);
    for (const id of operation.inputs) {
      if (id === undefined) continue;
      this.count(id, 1);
      const readers = this.readers.get(id);
      if (readers) readers.add(operation);
      else this.readers.set(id, new Set([operation]));
    }
  }

  private leave(operation: ProgramOperation): void {
    const slot = Math.floor(this.placeOf(operation));
    this.slots[slot] = this.slots[slot]!.filter((one) => one !== operation);
    this.places.delete(operation);
    for (const id of operation.outputs) this.producers.delete(id);
    for (const id of operation.inputs) {
      if (id === undefined) continue;
      this.count(id, -1);
      this.readers.get(id)!.delete(operation);
    }
  }

  private count(id: ValueId, by: number): void {
    this.uses.set(id, (this.uses.get(id) ?? 0) + by);
  }
}
