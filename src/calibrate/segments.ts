import type { NativeProgram, NativeSession } from '../addon/native';
import { withNodeErrors } from '../engine/compile';
import type { NativeConstants } from '../program/constant-pool';
import { encodeProgram } from '../program/encode';
import type { ProgramOperation, ValueId } from '../program/operation';
import { bytesOf, Program, type ProgramValue } from '../program/program';
import type { LiveStore, StoredValue } from './live-store';

/** The values of one batch that later operations read. */
export type LiveValues = ReadonlyMap<ValueId, StoredValue>;

/** Consecutive operations of a program, as a program of their own. */
export class Segment {
  private readonly program = new Program();
  private readonly outputIds: ValueId[];
  private readonly inputIds: ValueId[];
  private readonly native: NativeProgram | undefined;

  /**
   * @param values those of the whole program
   * @param later values that operations after the segment read
   */
  constructor(
    session: NativeSession,
    values: readonly ProgramValue[],
    operations: readonly ProgramOperation[],
    private readonly later: ReadonlySet<ValueId>,
    constants: NativeConstants,
  ) {
    const { program } = this;
    const written = new Set(operations.flatMap(({ outputs }) => outputs));
    const read = new Set(operations.flatMap(({ inputs }) => inputs.filter((id) => id !== undefined)));
    this.inputIds = [...read].filter((id) => !written.has(id) && values[id]!.storage !== 'constant');
    this.outputIds = [...written].filter((id) => later.has(id));
    const own = new Map<ValueId, ValueId>();
    this.inputIds.forEach((id, index) => {
      const input = program.addValue({ ...values[id]!, storage: 'input', index });
      own.set(id, input);
      program.inputs.push(input);
    });
    const ownOf = (id: ValueId): ValueId => {
      let found = own.get(id);
      if (found === undefined) own.set(id, (found = program.addValue(values[id]!)));
      return found;
    };
    for (const operation of operations) {
      program.operations.push({
        ...operation,
        inputs: operation.inputs.map((id) => (id === undefined ? undefined : ownOf(id))),
        outputs: operation.outputs.map(ownOf),
      });
    }
    program.outputs.push(...this.outputIds.map(ownOf));
    program.removeUnused();
    if (this.outputIds.length === 0) return;
    this.native = withNodeErrors(program, () => session.compile(encodeProgram(program), [...constants]));
  }

  /** The live values after the segment, from those before it. */
  async run(live: LiveValues, store: LiveStore): Promise<LiveValues> {
    const result = new Map([...live].filter(([id]) => this.later.has(id)));
    if (!this.native) return result;
    const { values, outputs } = this.program;
    const stored: StoredValue[] = [];
    for (const id of outputs) stored.push(await store.reserve({ type: values[id]!.type, bytes: bytesOf(values[id]!) }));
    const written = await runStored(
      this.native,
      this.inputIds.map((id) => live.get(id)!),
      store,
      stored,
    );
    for (const [index, id] of this.outputIds.entries()) {
      const bytes = written[index];
      if (bytes) await store.write(stored[index]!, bytes);
      result.set(id, stored[index]!);
    }
    return result;
  }
}

/** Runs a program on stored values. Returns the outputs that are not written to memory of the store. */
export async function runStored(
  program: NativeProgram,
  inputs: readonly StoredValue[],
  store: LiveStore,
  outputs: readonly StoredValue[] = [],
): Promise<ArrayBuffer[]> {
  const read = await Promise.all(inputs.map((input) => store.read(input)));
  const written = await program.run(
    read.map(({ value }) => value),
    outputs.map(({ memory }) => memory),
  ).done;
  for (const { done } of read) done();
  return written;
}

/** Values that operations read. */
export function readBy(operations: readonly ProgramOperation[]): Set<ValueId> {
  return new Set(operations.flatMap(({ inputs }) => inputs.filter((id) => id !== undefined)));
}
