import type { NativeProgram } from '../addon/native';
import type { StoredValue } from '../calibrate/live-store';
import { runStored } from '../calibrate/segments';
import { withNodeErrors } from '../engine/compile';
import type { NativeArray, NativeConstant, NativeType } from '../program/element-type';
import { encodeProgram } from '../program/encode';
import type { Origin } from '../program/operation';
import { Program } from '../program/program';
import { ProgramWriter } from '../program/program-writer';
import type { StoredEngine } from './stored-network';

/** Small programs over stored values, each compiled once. */
export class MeasuringPrograms {
  private readonly programs = new Map<string, NativeProgram>();

  constructor(private readonly engine: StoredEngine) {}

  /**
   * Runs a program, and returns its outputs.
   *
   * @param key of the program: `write` is called once for it
   * @param constant that it names by its number
   */
  async run(
    key: string,
    origin: Origin,
    inputs: readonly (StoredValue | NativeArray)[],
    write: (writer: ProgramWriter, constant: number) => void,
    constant?: Float32Array,
  ): Promise<Float32Array[]> {
    let program = this.programs.get(key);
    if (!program) {
      const { session, pool } = this.engine;
      const own = new Program();
      const constants: [number, NativeConstant][] = [];
      if (constant)
        constants.push([pool.numberOf({ type: 'float32', dims: [], data: constant }), { type: 0, data: constant }]);
      write(new ProgramWriter(own, origin), constants[0]?.[0] ?? -1);
      program = withNodeErrors(own, () => session.compile(encodeProgram(own), constants));
      this.programs.set(key, program);
    }
    const stored = inputs.map((input) => ('bytes' in input ? input : arrayValue(input)));
    return (await runStored(program, stored, this.engine.store)).map((buffer) => new Float32Array(buffer));
  }

  /** Forgets all programs, whose keys may be used again. */
  clear(): void {
    this.programs.clear();
  }
}

function arrayValue(array: NativeArray): StoredValue {
  const type: NativeType = array instanceof Int32Array ? 'int32' : 'float32';
  return { type, bytes: array.byteLength, make: () => Promise.resolve(array) };
}
