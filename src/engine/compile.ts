import { types } from 'node:util';
import type { NativeCompilation, NativeProgram, NativeSession } from '../addon/native';
import { inferGraph, type Inference } from '../analysis/infer';
import { GdwsError, type ErrorCode } from '../base/errors';
import type { Limits } from '../base/limits';
import type { Graph } from '../graph/graph';
import type { KnownValue, ValueType } from '../onnx/value';
import type { BuiltProgram, NamedProgram } from '../program/built-program';
import { toNativeConstants, type ConstantPool, type NativeConstants } from '../program/constant-pool';
import type { NativeType } from '../program/element-type';
import { encodeProgram } from '../program/encode';
import { fuse, type FusionOptions } from '../program/fuse/fuse';
import type { ValueId } from '../program/operation';
import type { Program } from '../program/program';
import { buildProgram } from './builder';
import { checkLeastMemory, checkMemory } from './check-memory';
import { preferHugePages } from './read-model';

/** Description of a program, which is kept with it once it is compiled. */
interface ProgramDescription {
  /** Element type and dims of each graph input, and its elements where the program is valid for these only. */
  readonly inputs: ReadonlyMap<string, KnownValue>;
  /** Describes each operation of the program, for profiles. */
  readonly operations: readonly CompiledOperation[];
  /** Element type and dims of each graph output, in order, as the model declares the type. */
  readonly outputs: readonly ValueType[];
  /** Held so that programs for other shapes share these derived constants. */
  readonly derived: readonly object[];
  /** Memory that it takes, compiled, beside the weights that it shares with others; an estimate. */
  readonly bytes: number;
}

/**
 * Memory that a compiled program takes for each of its words, in JavaScript and in the addon: 54 and 62 bytes were measured of two
 * networks for text.
 */
const bytesOfWord = 64;

/** A program ready to run. */
export interface CompiledGraph extends ProgramDescription {
  readonly native: NativeProgram;
}

/** One operation of a program. */
export interface CompiledOperation {
  /** The ONNX node it computes; of several fused into one, the first. */
  readonly node: string;
  /** Operator of that node, as `Conv`. */
  readonly operator: string;
  /** Dims of its result. */
  readonly shape: readonly number[];
  /** Names of its results, as far as they are tensors of the model; of several nodes fused into one, those of the last. */
  readonly tensors: readonly string[];
  /** Element type of what it reads first; of an operation that reads nothing, of its result. */
  readonly type: NativeType;
}

/** A program for the addon to compile, with the limits that it must keep. */
export interface EncodedProgram {
  readonly program: Program;
  readonly words: Int32Array;
  readonly constants: NativeConstants;
  readonly limits: Limits;
}

/** A graph lowered for certain input shapes. */
export interface LoweredGraph extends EncodedProgram {
  readonly description: ProgramDescription;
}

/**
 * Infers every shape for the given input shapes, folds what follows from them and from inputs whose elements are given,
 * lowers each node, and fuses.
 */
export function lowerGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, KnownValue> | undefined,
  pool: ConstantPool,
): LoweredGraph {
  const inferred = inferGraph(graph, feeds);
  const { values } = inferred;
  const built = fusedProgram(graph, inferred, pool);
  const constants = toNativeConstants(built.constants, preferHugePages);
  checkLeastMemory(built.program, constants, graph.limits);
  const { program } = built;
  const words = encodeProgram(program);
  const tensors = tensorsOf(built);
  return {
    program,
    words,
    constants,
    limits: graph.limits,
    description: {
      inputs: new Map(graph.inputs.map(({ name }) => [name, values.get(name)!])),
      outputs: graph.outputs.map(({ name }) => values.get(name)!),
      operations: program.operations.map(({ origin, inputs, outputs }) => ({
        ...origin,
        shape: program.values[outputs[0]!]!.dims,
        tensors: outputs.flatMap((id) => tensors.get(id) ?? []),
        type: program.values[inputs[0] ?? outputs[0]!]!.type,
      })),
      derived: pool.derivedAmong(built.constants),
      bytes: bytesOfWord * words.length + ownBytes(graph, built),
    },
  };
}

/** The names of values; what only an alias of a tensor of the model reads has that tensor's name. */
function tensorsOf({ program, tensors }: NamedProgram): Map<ValueId, string> {
  const names = new Map(tensors);
  for (const { opcode, inputs, outputs } of program.operations.toReversed()) {
    const [source] = inputs;
    const name = names.get(outputs[0]!);
    if (opcode === 'alias' && source !== undefined && name !== undefined && !names.has(source)) names.set(source, name);
  }
  return names;
}

/** Bytes of the constants that were computed for this program, and are not the graph's. */
function ownBytes(graph: Graph, { constants }: BuiltProgram): number {
  let bytes = 0;
  for (const { data } of constants.values())
    if (ArrayBuffer.isView(data) && !graph.holds(data)) bytes += data.byteLength;
  return bytes;
}

/** The program of a graph whose values are inferred. */
export function fusedProgram(
  graph: Graph,
  inferred: Inference,
  pool: ConstantPool,
  options?: FusionOptions,
): NamedProgram {
  const built = buildProgram(graph, inferred, pool);
  fuse(built, pool, options);
  return built;
}

/**
 * Has the addon choose kernels, pack weights and plan memory; constants in `pages` are lost.
 *
 * @throws GdwsError LIMIT_EXCEEDED
 */
export function compileProgram(
  { program, words, constants, limits }: EncodedProgram,
  session: NativeSession,
  pages?: ArrayBuffer,
): NativeProgram {
  const native = withNodeErrors(program, () => session.compile(words, [...constants], pages));
  checkMemory(program, session, native, limits);
  return native;
}

/**
 * Compiles a program off the JavaScript thread; constants in `pages` are lost. `done` rejects with code ABORTED after `abort`,
 * and with LIMIT_EXCEEDED.
 */
export function beginCompiling(
  { program, words, constants, limits }: EncodedProgram,
  session: NativeSession,
  pages?: ArrayBuffer,
): NativeCompilation {
  const compilation = withNodeErrors(program, () => session.beginCompiling(words, [...constants], pages));
  const done = async () => {
    let native;
    try {
      native = await compilation.done;
    } catch (error) {
      throw toNodeError(program, error);
    }
    checkMemory(program, session, native, limits);
    return native;
  };
  return { ...compilation, done: done() };
}

/** Runs `work`, and turns the addon's errors about an operation into errors that name the node it comes from. */
export function withNodeErrors<T>(program: Program, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toNodeError(program, error);
  }
}

function toNodeError(program: Program, error: unknown): unknown {
  if (error instanceof GdwsError || !types.isNativeError(error)) return error;
  const { code, operation } = error as Error & { code?: ErrorCode; operation?: number };
  if (!code) return error;
  const at = operation === undefined ? undefined : program.operations[operation];
  return new GdwsError(code === 'INTERNAL' && at ? 'OPERATOR_UNSUPPORTED' : code, `${error.message}.`, {
    ...at?.origin,
    shape: at?.inputs.flatMap((id) => (id === undefined ? [] : [[...program.values[id]!.dims]])),
    remedy: code === 'LIMIT_EXCEEDED' ? 'Where the model is trusted, raise the option limits.memoryBytes.' : undefined,
    cause: error,
  });
}
