import { GdwsError } from '../base/errors';
import type { ConstantPool, NativeConstants } from '../program/constant-pool';
import { fuseAddition } from '../program/fuse/fuse-additions';
import type { ProgramOperation, ValueId } from '../program/operation';
import type { Program } from '../program/program';
import { ProgramRewriter } from '../program/program-rewriter';
import { throughActivation } from './activation';
import { Unsupported, type Rule } from './rule';
import { rules } from './rules';
import { channelNorms, channelsOf } from './squared-norms';
import { Tape, type GradientForm } from './tape';

/** A backward program and its inputs. */
export interface Differentiated {
  /** Inputs: the cotangent, then the saved values. Outputs: the gradients, each with the dims of its value. */
  readonly backward: Program;
  /** Values of the forward program that the backward program reads: outputs or inputs of it. */
  readonly saved: readonly ValueId[];
  readonly constants: NativeConstants;
}

/** A program to differentiate. */
interface ForwardProgram {
  readonly program: Program;
  readonly constants: NativeConstants;
}

/** Which derivatives are wanted. */
interface WantedGradients {
  /** The value whose cotangent is given. */
  readonly from: ValueId;
  /** The values whose gradients are wanted: inputs, constants or temporaries of float32. */
  readonly to: readonly ValueId[];
  /** The form of the gradients of weights; images are the outermost axis of `from`. */
  readonly forms?: ReadonlyMap<ValueId, GradientForm>;
}

/**
 * Writes the program that takes the cotangent of one value of a forward program back to others (reverse mode).
 *
 * @param pool makes constants; without one the program cannot be compiled, and only shows that all derivatives exist
 * @throws GdwsError GRADIENT_UNSUPPORTED, naming the operation that has none
 */
export function differentiate(
  { program: forward, constants }: ForwardProgram,
  { from, to, forms = new Map() }: WantedGradients,
  pool?: ConstantPool,
): Differentiated {
  const tape = new Tape(forward, new Map(constants), pool, dependents(forward, to), forms);
  const cotangent = tape.input('float32', tape.dims(from));
  tape.add(from, () => cotangent);
  for (const operation of forward.operations.toReversed()) differentiateOperation(tape, operation);
  for (const value of to) {
    tape.program.outputs.push(resultOf(tape, value, tape.dims(from)[0]!));
  }
  new ProgramRewriter(tape.program).apply(fuseAddition);
  tape.program.removeUnused();
  return { backward: tape.program, saved: tape.saved, constants: tape.constants };
}

/** The gradient with respect to a value in its form; zeros where no path leads from it to the cotangent. */
function resultOf(tape: Tape, value: ValueId, images: number): ValueId {
  const { forward } = tape;
  const gradient = tape.gradientOf(value);
  const zeros = (dims: readonly number[]) => tape.expand(tape.filled(0), dims);
  switch (tape.formOf(value)) {
    case undefined:
      return gradient ?? zeros(tape.dims(value));
    case 'perImage':
      return gradient ?? zeros([images, ...tape.dims(value)]);
    case 'channelNorms':
      return gradient === undefined ? zeros([images, channelsOf(forward, value)]) : channelNorms(tape, gradient);
  }
}

function differentiateOperation(tape: Tape, operation: ProgramOperation): void {
  const result = operation.outputs[0]!;
  if (!tape.wants(result)) return;
  const gradient = tape.gradientOf(result);
  if (gradient === undefined) return;
  tape.enter(operation);
  try {
    const rule = rules[operation.opcode];
    if (!rule) throw new Unsupported('of this operation');
    (rule as Rule)(tape, operation, throughActivation(tape, operation, gradient));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    throw new GdwsError('GRADIENT_UNSUPPORTED', `there is no gradient ${error.message}.`, {
      ...operation.origin,
      remedy: 'docs/gradients.md lists what is differentiated.',
    });
  }
}

/** The given values and all float values that depend on them. */
function dependents(program: Program, values: readonly ValueId[]): Set<ValueId> {
  const found = new Set(values);
  for (const { inputs, outputs } of program.operations) {
    if (!inputs.some((id) => id !== undefined && found.has(id))) continue;
    for (const id of outputs) if (program.values[id]!.type === 'float32') found.add(id);
  }
  return found;
}
