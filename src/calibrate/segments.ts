import { namingNodes } from '../engine/compile';
import { bytesOf, Program, type ProgramOperation, type ProgramValue, type ValueId } from '../engine/program';
import {
  native,
  type HeldMemory,
  type NativeArray,
  type NativeConstant,
  type NativeProgram,
  type NativeSession,
} from '../native';

/** The values of one batch that later operations read, in native memory. */
export type LiveValues = ReadonlyMap<ValueId, HeldMemory | NativeArray>;

/** Operations that follow each other in a program, as a program of their own. */
export class Segment {
  private readonly program = new Program();
  private readonly outputIds: ValueId[];
  private readonly inputIds: ValueId[];
  private readonly native: NativeProgram | undefined;

  /**
   * @param values those of the whole program
   * @param later reads of these values follow the segment
   */
  constructor(
    session: NativeSession,
    values: readonly ProgramValue[],
    operations: readonly ProgramOperation[],
    private readonly later: ReadonlySet<ValueId>,
    constants: readonly (NativeConstant | undefined)[],
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
    this.native = namingNodes(program, () => session.compile(program.encode(), constants));
  }

  /** The live values after the segment, of those before it. */
  async run(live: LiveValues): Promise<LiveValues> {
    const result = new Map([...live].filter(([id]) => this.later.has(id)));
    if (!this.native) return result;
    const { values, outputs } = this.program;
    const held = outputs.map((id) => native.holdMemory(bytesOf(values[id]!)));
    await this.native.run(
      this.inputIds.map((id) => live.get(id)!),
      held,
    ).done;
    this.outputIds.forEach((id, index) => result.set(id, held[index]!));
    return result;
  }
}

/** Values that operations read. */
export function readBy(operations: readonly ProgramOperation[]): Set<ValueId> {
  return new Set(operations.flatMap(({ inputs }) => inputs.filter((id) => id !== undefined)));
}
