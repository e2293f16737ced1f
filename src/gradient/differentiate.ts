import { GdwsError } from '../base/errors';
import type { ConstantPool, NativeConstants } from '../program/constant-pool';
import { fuseAddition } from '../program/fuse/fuse-additions';
import type { ProgramOperation, ValueId } from '../program/operation';
import type { Program } from '../program/program';
import { ProgramRewriter } from '../program/program-rewriter';
import { throughActivation } from './activation';
import { Unsupported, type Rule } from './rule';
import { ofIntegers, rules } from './rules';
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
  const [result] = operation.outputs as [ValueId];
  const [gradient, ...others] = operation.outputs.map((id) => tape.gradientOf(id));
  const isFurther = others.some((other) => other !== undefined);
  if (gradient === undefined && !isFurther) return;
  tape.enter(operation);
  try {
    const rule = rules[operation.opcode];
    // No rule knows of results other than the first.
    if (!rule || gradient === undefined || isFurther) throw new Unsupported('of this operation');
    if (tape.type(result) !== 'float32' && !ofIntegers.has(operation.opcode)) {
      throw new Unsupported('of this operation on integers');
    }
    (rule as Rule)(tape, operation, throughActivation(tape, operation, gradient));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    throw new GdwsError('GRADIENT_UNSUPPORTED', `there is no gradient ${error.message}.`, {
      ...operation.origin,
      remedy: 'docs/gradients.md lists what is differentiated; the attack square needs no gradient.',
    });
  }
}

/** The given values, and all that depend on them and may have a gradient: floats, and what quantization makes of them. */
function dependents(program: Program, values: readonly ValueId[]): Set<ValueId> {
  const found = new Set(values);
  const typeOf = (id: ValueId) => program.values[id]!.type;
  for (const { opcode, inputs, outputs } of program.operations) {
    const sources = inputs.filter((id) => id !== undefined && found.has(id)) as ValueId[];
    if (sources.length === 0) continue;
    const isQuantized =
      opcode === 'quantize' || opcode === 'dynamicQuantize' || sources.some((id) => typeOf(id) !== 'float32');
    for (const id of outputs) {
      if (typeOf(id) === 'float32' || (isQuantized && typeOf(id) !== 'bool')) found.add(id);
    }
  }
  return found;
}
