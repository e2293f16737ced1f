import { GdwsError, type ErrorCode } from '../errors';
import type { Graph } from '../graph/graph';
import { inferValues } from '../graph/infer';
import type { KnownValue, ValueType } from '../graph/value';
import type { NativeProgram, NativeSession } from '../native';
import { buildProgram, type BuiltProgram } from './builder';
import { toNativeConstants, type ConstantPool } from './constant-pool';
import { fuseActivations } from './fuse/fuse-activations';
import { fuseAdditions } from './fuse/fuse-additions';
import { recognizeGdws } from './fuse/recognize-gdws';
import type { Program } from './program';

/** A program ready to run, and what its outputs are. */
export interface CompiledGraph {
  readonly native: NativeProgram;
  /** Element type and dims of each graph input. */
  readonly inputs: ReadonlyMap<string, ValueType>;
  /** Element type and dims of each graph output, in order, as the model declares the type. */
  readonly outputs: readonly ValueType[];
}

/** A fused program, and what is known of every tensor of its graph. */
export interface LoweredGraph extends BuiltProgram {
  readonly values: ReadonlyMap<string, KnownValue>;
}

/**
 * Compiles a graph for the given input shapes: lowers it, and has the addon pack weights and plan memory.
 */
export function compileGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, ValueType> | undefined,
  pool: ConstantPool,
  session: NativeSession,
): CompiledGraph {
  const { program, constants, values } = lowerGraph(graph, feeds, pool);
  return {
    native: compileNative(program, session, toNativeConstants(constants)),
    inputs: new Map(graph.inputs.map(({ name }) => [name, values.get(name)!])),
    outputs: graph.outputs.map(({ name }) => values.get(name)!),
  };
}

/**
 * The program of a graph for the given input shapes: infers every shape, folds what follows from them, lowers each node,
 * fuses.
 */
export function lowerGraph(
  graph: Graph,
  feeds: ReadonlyMap<string, ValueType> | undefined,
  pool: ConstantPool,
): LoweredGraph {
  const values = inferValues(graph, feeds);
  const built = buildProgram(graph, values, pool);
  recognizeGdws(built, pool);
  fuseAdditions(built.program);
  fuseActivations(built.program);
  built.program.removeUnused();
  return { ...built, values };
}

function compileNative(
  program: Program,
  session: NativeSession,
  constants: ReturnType<typeof toNativeConstants>,
): NativeProgram {
  try {
    return session.compile(program.encode(), constants);
  } catch (error) {
    if (error instanceof GdwsError || !(error instanceof Error)) throw error;
    const { code, operation } = error as Error & { code?: ErrorCode; operation?: number };
    if (!code) throw error;
    const at = operation === undefined ? undefined : program.operations[operation];
    throw new GdwsError(code === 'INTERNAL' && at ? 'OPERATOR_UNSUPPORTED' : code, `${error.message}.`, {
      ...at?.origin,
      shape: at?.inputs.flatMap((id) => (id === undefined ? [] : [[...program.values[id]!.dims]])),
      cause: error,
    });
  }
}
