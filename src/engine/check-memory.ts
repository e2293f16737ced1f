import type { NativeProgram, NativeSession } from '../addon/native';
import { checkLimit, type Limits } from '../base/limits';
import type { NativeConstants } from '../program/constant-pool';
import type { ProgramOperation } from '../program/operation';
import { bytesOf, type Program } from '../program/program';

/**
 * Checks, before anything is packed, planned or measured, a lower bound of the memory that a program needs: constants, outputs,
 * and the working memory of the operation that needs the most.
 *
 * @throws GdwsError LIMIT_EXCEEDED
 */
export function checkLeastMemory(program: Program, constants: NativeConstants, limits: Limits): void {
  const outputs = new Set(program.outputs);
  const bytes = (ids: Iterable<number | undefined>) => {
    let sum = 0;
    for (const id of new Set(ids)) {
      const value = id === undefined || outputs.has(id) ? undefined : program.values[id]!;
      if (value?.storage === 'temporary') sum += bytesOf(value);
    }
    return sum;
  };
  let most = 0;
  for (const operation of program.operations) {
    // A result may be written over an input.
    if (operation.opcode !== 'alias') most = Math.max(most, bytes(operation.inputs), bytes(operation.outputs));
  }
  let weights = 0;
  for (const { data } of constants.values()) weights += data.byteLength;
  check(program, weights, most, limits);
}

/**
 * Checks the memory of a program once weights are packed and it is planned, before its working memory is allocated. Weights are
 * those of all programs of the session, which share them.
 *
 * @throws GdwsError LIMIT_EXCEEDED
 */
export function checkMemory(
  program: Program,
  { weightBytes }: NativeSession,
  { arenaBytes }: NativeProgram,
  limits: Limits,
): void {
  check(program, weightBytes, arenaBytes, limits);
}

function check(program: Program, weightBytes: number, workingBytes: number, limits: Limits): void {
  const { values, operations, outputs } = program;
  let bytes = weightBytes + workingBytes;
  for (const id of outputs) bytes += bytesOf(values[id]!);
  if (bytes <= limits.memoryBytes) return;
  const resultBytes = (operation: ProgramOperation) => Math.max(...operation.outputs.map((id) => bytesOf(values[id]!)));
  const largest = operations.reduce<ProgramOperation | undefined>(
    (most, one) => (most && resultBytes(most) >= resultBytes(one) ? most : one),
    undefined,
  );
  checkLimit(limits, 'memoryBytes', bytes, 'the network needs too many bytes, most of them here', {
    ...largest?.origin,
    shape: largest?.outputs.map((id) => values[id]!.dims),
  });
}
