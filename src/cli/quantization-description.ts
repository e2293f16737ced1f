import type { inferValues } from '../analysis/infer';
import { GdwsError } from '../base/errors';
import { fusedProgram } from '../engine/compile';
import type { Graph } from '../graph/graph';
import { ConstantPool } from '../program/constant-pool';
import type { ProgramOperation } from '../program/operation';
import type { Program } from '../program/program';

/** How far the engine keeps a quantized model in integers. */
export interface QuantizationDescription {
  /** Operations on integers. */
  readonly integerOperations: number;
  /** Nodes that are computed in floats, since they have no integer form here, in the network's order. */
  readonly floatNodes: readonly { readonly name: string; readonly operator: string }[];
}

const conversions = new Set(['quantize', 'dequantize', 'dynamicQuantize', 'alias']);

/** Undefined where the model is not quantized, or its shapes are not known. */
export function describeQuantization(
  graph: Graph,
  values: ReturnType<typeof inferValues>,
): QuantizationDescription | undefined {
  if (!graph.nodes.some(({ opType }) => /Quantize|QLinear|QGemm|Integer$/.test(opType))) return undefined;
  let program: Program;
  try {
    ({ program } = fusedProgram(graph, { values }, new ConstantPool()));
  } catch (error) {
    if (error instanceof GdwsError) return undefined;
    throw error;
  }
  const computing = program.operations.filter(({ opcode }) => !conversions.has(opcode));
  const floats = computing.filter((operation) => readsFloats(operation, program));
  const names = new Map(floats.map(({ origin: { node, operator } }) => [node, { name: node, operator }]));
  return { integerOperations: computing.length - floats.length, floatNodes: [...names.values()] };
}

/** Whether it computes with floats, apart from the scales of integers. */
function readsFloats({ inputs: [x] }: ProgramOperation, program: Program): boolean {
  return x !== undefined && program.values[x]!.type === 'float32';
}
