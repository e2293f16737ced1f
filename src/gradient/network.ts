import { native, type HeldMemory, type NativeProgram, type NativeSession } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { GdwsError } from '../base/errors';
import { checkLeastMemory } from '../engine/check-memory';
import { beginCompiling, fusedProgram, type EncodedProgram } from '../engine/compile';
import { aborted, runError } from '../engine/run-error';
import type { Graph } from '../graph/graph';
import type { ValueType } from '../onnx/value';
import { ConstantPool, toNativeConstants, type NativeConstants } from '../program/constant-pool';
import type { NativeArray } from '../program/element-type';
import { encodeProgram } from '../program/encode';
import type { ValueId } from '../program/operation';
import { bytesOf, type Program } from '../program/program';
import { differentiate } from './differentiate';
import { separateWeights } from './squared-norms';
import type { GradientForm } from './tape';
import { weightValues } from './weights';

/** The variables of differentiation: inputs, weights, or the weights of convolutions. */
export type Target =
  | 'inputs'
  | { readonly perImage: boolean; readonly weights?: readonly string[] }
  /**
   * Of every image's gradient with respect to the weights that some convolutions share, the sum of squares for each input
   * channel: (images, C). By layer, the names of its nodes; layers that the logits do not depend on are left out.
   */
  | { readonly squaredNorms: ReadonlyMap<string, readonly string[]> };

/** One gradient of a backward run; a weight used in several shapes has several. */
export interface GradientValue {
  readonly name: string;
  readonly dims: readonly number[];
}

/** Forward and backward program for one set of input shapes. */
export interface DifferentiatedNetwork {
  readonly classes: number;
  readonly images: number;
  readonly gradients: readonly GradientValue[];
  /** Memory of the values saved between the runs and of the largest value in a backward run. */
  readonly bytes: number;
  /** Held so that programs for other shapes share these derived constants. */
  readonly derived: readonly object[];
  forward(inputs: readonly (NativeArray | HeldMemory)[]): Promise<Forward>;
}

/** A forward run, with its backward runs. */
export interface Forward {
  readonly logits: Float32Array;
  /** Gradients in the order of {@link DifferentiatedNetwork.gradients}. */
  backward(cotangent: Float32Array): Promise<Float32Array[]>;
  /** Lets the next forward run use the memory of saved values: no backward run may be under way or follow. */
  release(): void;
}

/** A value whose gradient is wanted. */
interface Wanted {
  readonly name: string;
  readonly id: ValueId;
}

/** What the programs of networks share: constants with the same numbers have the same weights, packed once. */
export interface GradientEngine {
  readonly session: NativeSession;
  readonly pool: ConstantPool;
}

/** A program in floats before it is differentiated, and its constants by the numbers that the pool gives. */
export interface EditableProgram {
  readonly program: Program;
  readonly constants: NativeConstants;
  readonly pool: ConstantPool;
}

/** Changes the operations of a program in place. */
export type ProgramEdit = (editable: EditableProgram) => void;

interface Lowered {
  readonly program: Program;
  readonly constants: NativeConstants;
  readonly nameOf: ReadonlyMap<number, string>;
}

/** A new engine for networks of a graph. */
export function gradientEngine({ limits }: Graph, threads: number, kernel?: string): GradientEngine {
  return { session: native().createSession(threads, kernel, false, limits.memoryBytes), pool: new ConstantPool() };
}

/** The programs of one graph, differentiated on demand. */
export class GradientNetwork {
  private readonly running = new Set<{ abort(): void }>();
  private ended = false;

  constructor(
    private readonly graph: Graph,
    /** Number of the output that is differentiated. */
    private readonly output: number,
    private readonly engine: GradientEngine,
    private readonly edit?: ProgramEdit,
  ) {}

  /** The network with edited programs, which share what they have in common with those of this one. */
  edited(edit: ProgramEdit): GradientNetwork {
    return new GradientNetwork(this.graph, this.output, this.engine, edit);
  }

  /** Ends the runs that have begun, with code ABORTED; further ones are refused. */
  abort(): void {
    this.ended = true;
    for (const work of this.running) work.abort();
  }

  /**
   * Checks that the logits can be differentiated for the declared input shapes; nothing is compiled.
   *
   * @returns how many classes there are
   * @throws GdwsError GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, SHAPE_UNKNOWN
   */
  check(target: Target): number {
    const { program, constants, nameOf } = this.lower(undefined, target === 'inputs', false);
    const [, classes] = this.logitsOf(program);
    const to = this.wanted(program, target, nameOf).map(({ id }) => id);
    differentiate({ program, constants }, { from: program.outputs[this.output]!, to });
    return classes;
  }

  /** The network without a backward program; a quantized one is computed in integers, as an `InferenceSession` does. */
  forwardOnly(feeds: ReadonlyMap<string, ValueType> | undefined): DifferentiatedNetwork {
    const { program, constants } = this.lower(feeds, true, true);
    const [images, classes] = this.logitsOf(program);
    program.outputs.splice(0, program.outputs.length, program.outputs[this.output]!);
    program.removeUnused();
    const compiled = this.compiledOnce(program, constants);
    return {
      images,
      classes,
      gradients: [],
      bytes: 0,
      derived: this.engine.pool.derivedAmong(constants),
      forward: async (inputs) => {
        const [logits] = await this.run(await compiled(), inputs);
        return { logits: new Float32Array(logits!), backward: () => Promise.resolve([]), release: () => undefined };
      },
    };
  }

  /** @throws GdwsError GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, ARGUMENT_INVALID */
  differentiated(feeds: ReadonlyMap<string, ValueType> | undefined, target: Target): DifferentiatedNetwork {
    const { program, constants, nameOf } = this.lower(feeds, target === 'inputs', false);
    const [images, classes] = this.logitsOf(program);
    const logits = program.outputs[this.output]!;
    program.outputs.splice(0, program.outputs.length, logits);
    program.removeUnused();

    const wanted = this.wanted(program, target, nameOf);
    const to = wanted.map(({ id }) => id);
    const form = formOf(target);
    const forms = new Map(form ? to.map((id) => [id, form]) : []);
    const derivatives = { from: logits, to, forms };
    const { backward, saved, constants: all } = differentiate({ program, constants }, derivatives, this.engine.pool);

    const sources = saved.map((id) => sourceOf(program, id));
    const forwardProgram = this.compiledOnce(program, constants);
    const backwardProgram = this.compiledOnce(backward, all);
    const spare: HeldMemory[][] = [];
    return {
      images,
      classes,
      gradients: wanted.map(({ name }, i) => ({ name, dims: backward.values[backward.outputs[i]!]!.dims })),
      bytes: sum(saved.map((id) => bytesOf(program.values[id]!))) + largest(backward),
      derived: this.engine.pool.derivedAmong(all),
      forward: async (inputs) => {
        const compiled = await forwardProgram();
        const held = spare.pop() ?? program.outputs.slice(1).map((id) => holdValue(program, id));
        const [bytes] = await this.run(compiled, inputs, [undefined, ...held]);
        const logits = new Float32Array(bytes!);
        const values = sources.map(({ input, output }) => {
          if (input !== undefined) return inputs[input]!;
          return output === 0 ? logits : held[output - 1]!;
        });
        return {
          logits,
          backward: async (cotangent) => {
            const gradients = await this.run(await backwardProgram(), [cotangent, ...values]);
            return gradients.map((gradient) => new Float32Array(gradient));
          },
          release: () => spare.push(held),
        };
      },
    };
  }

  private async run(program: NativeProgram, ...given: Parameters<NativeProgram['run']>): Promise<ArrayBuffer[]> {
    return this.begun(() => program.run(...given));
  }

  /** The result of work that was begun; the work is aborted with the session. */
  private async begun<T>(begin: () => { readonly done: Promise<T>; abort(): void }): Promise<T> {
    if (this.ended) throw aborted();
    const work = begin();
    this.running.add(work);
    try {
      return await work.done;
    } catch (error) {
      throw runError(error);
    } finally {
      this.running.delete(work);
    }
  }

  /** Where `separable` is false, the weights of GDWS stages stay in their order. */
  private lower(feeds: ReadonlyMap<string, ValueType> | undefined, separable: boolean, integers: boolean): Lowered {
    const values = inferValues(this.graph, feeds);
    const built = fusedProgram(this.graph, { values }, this.engine.pool, {
      ...{ separable, integers },
      differentiably: true,
    });
    const nameOf = new Map<number, string>();
    for (const [name, { constant }] of values) {
      if (constant && constant.type !== 'string') nameOf.set(this.engine.pool.numberOf(constant), name);
    }
    const lowered = { program: built.program, constants: toNativeConstants(built.constants), nameOf };
    this.edit?.({ ...lowered, pool: this.engine.pool });
    return lowered;
  }

  private logitsOf(program: Program): [images: number, classes: number] {
    const { dims, type } = program.values[program.outputs[this.output]!]!;
    if (dims.length !== 2 || type !== 'float32' || dims[1]! < 1) {
      throw new GdwsError('SHAPE_MISMATCH', 'the output is not one row of logits an image.', {
        tensor: this.graph.outputs[this.output]!.name,
        shape: dims,
        remedy: 'Gradients are taken of a float output of shape images × classes.',
      });
    }
    return [dims[0]!, dims[1]!];
  }

  private wanted(program: Program, target: Target, nameOf: ReadonlyMap<number, string>): Wanted[] {
    if (target === 'inputs') return this.inputs(program);
    if (!('squaredNorms' in target)) return this.weights(program, nameOf, target.weights);
    return [...target.squaredNorms].flatMap(([name, nodes]) => {
      const id = separateWeights(program, nodes);
      return id === undefined ? [] : [{ name, id }];
    });
  }

  private inputs(program: Program): Wanted[] {
    return this.graph.inputs.flatMap(({ name }, i) => {
      const id = program.inputs[i]!;
      return program.values[id]!.type === 'float32' ? [{ name, id }] : [];
    });
  }

  private weights(program: Program, nameOf: ReadonlyMap<number, string>, names?: readonly string[]): Wanted[] {
    // Weights without a name are computed from others: those of a quantized network from bytes.
    const named = [...weightValues(program)].filter(([number]) => nameOf.has(number));
    const all = new Map(named.map(([number, ids]) => [nameOf.get(number)!, ids]));
    const unknown = names?.find((name) => !all.has(name));
    if (unknown !== undefined) {
      throw new GdwsError('ARGUMENT_INVALID', 'no convolution or product takes weights of this name.', {
        tensor: unknown,
        remedy: `Those that have gradients are: ${[...all.keys()].join(', ')}.`,
      });
    }
    return [...all].flatMap(([name, ids]) => (names && !names.includes(name) ? [] : ids.map((id) => ({ name, id }))));
  }

  /** A program that is compiled, off this thread, at its first use; again after a failure. */
  private compiledOnce(program: Program, constants: NativeConstants): () => Promise<NativeProgram> {
    const { limits } = this.graph;
    checkLeastMemory(program, constants, limits);
    let compiled: Promise<NativeProgram> | undefined;
    let source: EncodedProgram | undefined = { program, words: encodeProgram(program), constants, limits };
    const compile = async () => {
      try {
        const made = await this.begun(() => beginCompiling(source!, this.engine.session));
        source = undefined;
        return made;
      } catch (error) {
        compiled = undefined;
        throw error;
      }
    };
    return () => (compiled ??= compile());
  }
}

function formOf(target: Target): GradientForm | undefined {
  if (target === 'inputs') return undefined;
  if ('squaredNorms' in target) return 'channelNorms';
  return target.perImage ? 'perImage' : undefined;
}

/** Where a saved value is after the forward run: among its inputs or its outputs. */
type Source = { readonly input: number; readonly output?: never } | { readonly input?: never; readonly output: number };

function sourceOf(program: Program, id: ValueId): Source {
  const input = program.inputs.indexOf(id);
  if (input >= 0) return { input };
  const output = program.outputs.indexOf(id);
  return { output: output < 0 ? program.outputs.push(id) - 1 : output };
}

function holdValue(program: Program, id: ValueId): HeldMemory {
  return native().holdMemory(bytesOf(program.values[id]!));
}

function largest(program: Program): number {
  return Math.max(0, ...program.operations.flatMap(({ outputs }) => outputs.map((id) => bytesOf(program.values[id]!))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
