import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { native } from '../../../src/addon/native';
import { inferValues } from '../../../src/analysis/infer';
import { buildProgram } from '../../../src/engine/builder';
import { fusedProgram } from '../../../src/engine/compile';
import { Graph } from '../../../src/graph/graph';
import type { ModelProto } from '../../../src/onnx/onnx_pb';
import { decodeModel } from '../../../src/onnx/read';
import { encodeModel } from '../../../src/onnx/write';
import type { BuiltProgram } from '../../../src/program/built-program';
import { ConstantPool, toNativeConstants } from '../../../src/program/constant-pool';
import { encodeProgram } from '../../../src/program/encode';
import { quantizedNetwork, quantizedPlan } from './random-quantized';

/** By onnxruntime as the model is written, in floats. */
async function literally(model: ModelProto, x: ort.Tensor): Promise<ort.Tensor[]> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  try {
    const results = await session.run({ x });
    return session.outputNames.map((name) => results[name]!);
  } finally {
    await session.release();
  }
}

/** The program of a network, with integer operations or as it is lowered. */
function programOf(model: ModelProto, isFused: boolean): BuiltProgram {
  const graph = new Graph(decodeModel(encodeModel(model)));
  const values = inferValues(graph, undefined);
  const pool = new ConstantPool();
  return isFused ? fusedProgram(graph, values, pool) : buildProgram(graph, values, pool);
}

type Elements = Float32Array | Uint8Array | Int8Array;

function run({ program, constants }: BuiltProgram, x: Float32Array, kernel?: string): Elements[] {
  const session = kernel === undefined ? native().createSession(1) : native().createSession(1, kernel, false);
  const buffers = session.compile(encodeProgram(program), [...toNativeConstants(constants)]).runSync([x]);
  const arrays = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };
  return program.outputs.map((id, i) => new arrays[program.values[id]!.type as 'int8'](buffers[i]!));
}

/** Bytes must be the same, floats nearly. */
function demandSame(who: string, actual: readonly Elements[], expected: readonly ort.Tensor[]): void {
  expected.forEach(({ data, type }, output) => {
    const wanted = data as Float32Array;
    const largest = wanted.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
    const allowed = type === 'float32' ? 1e-5 * largest : 0;
    const apart = wanted.findIndex((one, i) => !(Math.abs(one - actual[output]![i]!) <= allowed));
    if (wanted.length !== actual[output]!.length || apart >= 0) {
      throw new Error(`${who}: output ${output}, element ${apart} is ${actual[output]![apart]}, not ${wanted[apart]}`);
    }
  });
}

/** How often each operation was seen. */
const seen = new Map<string, number>();

test('random quantized networks give the bytes that floats give', async () => {
  const property = fc.asyncProperty(quantizedPlan, async (plan) => {
    const { model, x } = quantizedNetwork(plan);
    const data = x.data as Float32Array;
    const expected = await literally(model, new ort.Tensor('float32', data.slice(), [...x.dims]));
    try {
      demandSame('not recognised', run(programOf(model, false), data, 'reference'), expected);
      const built = programOf(model, true);
      demandSame('recognised', run(built, data, 'reference'), expected);
      const opcodes = built.program.operations.map(({ opcode }) => opcode);
      for (const opcode of opcodes) seen.set(opcode, (seen.get(opcode) ?? 0) + 1);
      // Fast kernels of floats round sums, and so their halves.
      if (opcodes.some((opcode) => ['convolution', 'gdws', 'matmul'].includes(opcode))) return;
      demandSame('kernels', run(built, data), expected);
    } catch (error) {
      const nodes = model.graph!.node.map(({ opType, input, output }) => `${output.join()}=${opType}(${input.join()})`);
      throw new Error(`${(error as Error).message} of ${nodes.join(' ')}`, { cause: error });
    }
  });
  await fc.assert(property, {
    numRuns: Number(process.env.GDWS_NETWORKS ?? 300),
    interruptAfterTimeLimit: 50_000,
    markInterruptAsFailure: true,
  });
});

test('in which every integer operation is met', () => {
  console.log(Object.fromEntries(seen));
});
