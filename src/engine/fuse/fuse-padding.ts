import { unaryCode, activationCode } from '../functions';
import type { OpcodeName, Program, ProgramOperation, ValueId } from '../program';
import { activationOf } from './activation-slot';

/** Where the operations that pad for themselves keep padTop, padLeft, padBottom and padRight among their ints. */
const firstPad: Partial<Record<OpcodeName, number>> = { convolution: 5, gdws: 5, averagePool: 6, maxPool: 6 };
const countIncludePad = 10;

/** Lets a convolution or a pooling pad by itself what a constant padding of its map's height and width does before it. */
export function fusePadding(program: Program): void {
  const producers = program.producers();
  const uses = program.useCounts();
  const fused = new Set<ProgramOperation>();
  for (const operation of program.operations) {
    const first = firstPad[operation.opcode];
    const source = operation.inputs[0];
    const padding = source === undefined ? undefined : producers.get(source);
    if (first === undefined || padding?.opcode !== 'pad' || uses.get(source!) !== 1) continue;
    const pads = spatialPads(program, padding);
    if (!pads || !takes(program, operation, padding, pads, producers)) continue;
    pads.forEach((pad, i) => (operation.ints[first + i]! += pad));
    operation.inputs[0] = padding.inputs[0]!;
    if (operation.opcode === 'averagePool') operation.ints[countIncludePad] = 1;
    fused.add(padding);
  }
  program.operations = program.operations.filter((operation) => !fused.has(operation));
}

/** Top, left, bottom, right; `undefined` where it pads another axis, or crops. */
function spatialPads(program: Program, { inputs, outputs, ints: begins }: ProgramOperation): number[] | undefined {
  const from = program.values[inputs[0]!]!.dims;
  const to = program.values[outputs[0]!]!.dims;
  if (from.length !== 4 || from[0] !== to[0] || from[1] !== to[1] || begins[0] !== 0 || begins[1] !== 0) {
    return undefined;
  }
  const ends = begins.map((begin, axis) => to[axis]! - from[axis]! - begin);
  const pads = [begins[2]!, begins[3]!, ends[2]!, ends[3]!];
  return pads.every((pad) => pad >= 0) ? pads : undefined;
}

/** Whether the operation's own padding means what `padding` does. */
function takes(
  program: Program,
  operation: ProgramOperation,
  { inputs, floats: [value] }: ProgramOperation,
  pads: readonly number[],
  producers: ReadonlyMap<ValueId, ProgramOperation>,
): boolean {
  const own = operation.ints.slice(firstPad[operation.opcode]);
  switch (operation.opcode) {
    case 'averagePool':
      // Zeros of the padding before it count; those of its own padding may not.
      return value === 0 && (operation.ints[countIncludePad] === 1 || own.slice(0, 4).every((pad) => pad === 0));
    case 'maxPool': {
      // Every window must see the map, since its own padding has no value at all.
      const from = program.values[inputs[0]!]!.dims;
      const to = program.values[operation.outputs[0]!]!.dims;
      const sees = [0, 1].every((axis) => {
        const [kernel = 0, stride = 0, dilation] = [0, 2, 4].map((first) => operation.ints[first + axis]);
        const begin = pads[axis]! + own[axis]!;
        return dilation === 1 && begin < kernel && (to[2 + axis]! - 1) * stride - begin < from[2 + axis]!;
      });
      return sees && (value === -Infinity || (value === 0 && isNeverNegative(producers.get(inputs[0]!))));
    }
    default:
      return value === 0 && program.values[inputs[0]!]!.type === 'float32';
  }
}

function isNeverNegative(operation: ProgramOperation | undefined): boolean {
  if (!operation) return false;
  const [a = -1] = operation.floats.slice(-2);
  if (operation.opcode === 'unary') {
    const [code] = operation.ints;
    return code === unaryCode('relu') || code === unaryCode('sigmoid') || (code === unaryCode('clip') && a >= 0);
  }
  const activation = activationOf(operation);
  return activation === activationCode('relu') || (activation === activationCode('clip') && a >= 0);
}
