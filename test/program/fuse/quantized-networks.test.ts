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
import { patience } from '../../patience';
import { quantizedNetwork, quantizedPlan, shortPlan, transposedPlan, type QuantizedPlan } from './random-quantized';

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
  return isFused ? fusedProgram(graph, { values }, pool) : buildProgram(graph, { values }, pool);
}

type Elements = Float32Array | Uint8Array | Int8Array;

function run({ program, constants }: BuiltProgram, x: Float32Array, kernel?: string): Elements[] {
  const session = kernel === undefined ? native().createSession(1) : native().createSession(1, kernel, false);
  const buffers = session.compile(encodeProgram(program), [...toNativeConstants(constants)]).runSync([x]);
  const arrays = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };
  return program.outputs.map((id, i) => new arrays[program.values[id]!.type as 'int8'](buffers[i]!));
}

/** What results may differ by: bytes by steps, floats by a share of the largest. */
interface Allowed {
  readonly steps: number;
  readonly share: number;
}

function demandClose(
  who: string,
  actual: readonly Elements[],
  expected: readonly ort.Tensor[],
  { steps, share }: Allowed,
): void {
  expected.forEach(({ data, type }, output) => {
    const wanted = data as Float32Array;
    const largest = wanted.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-3);
    const allowed = type === 'float32' ? share * largest : steps;
    const apart = wanted.findIndex((one, i) => !(Math.abs(one - actual[output]![i]!) <= allowed));
    if (wanted.length !== actual[output]!.length || apart >= 0) {
      throw new Error(`${who}: output ${output}, element ${apart} is ${actual[output]![apart]}, not ${wanted[apart]}`);
    }
  });
}

/** How often each operation was met. */
const met = new Map<string, number>();
const runs = Number(process.env.GDWS_NETWORKS ?? 250);

function property(
  plans: fc.Arbitrary<QuantizedPlan>,
  isExact: boolean,
  allowed: Allowed,
): fc.IAsyncProperty<[QuantizedPlan]> {
  return fc.asyncProperty(plans, async (plan) => {
    const { model, x } = quantizedNetwork(plan, isExact);
    const data = x.data as Float32Array;
    const expected = await literally(model, new ort.Tensor('float32', data.slice(), [...x.dims]));
    try {
      demandClose('not recognised', run(programOf(model, false), data, 'reference'), expected, allowed);
      const built = programOf(model, true);
      demandClose('recognised', run(built, data, 'reference'), expected, allowed);
      const opcodes = built.program.operations.map(({ opcode }) => opcode);
      for (const opcode of opcodes) met.set(opcode, (met.get(opcode) ?? 0) + 1);
      // Fast kernels of floats round sums, and so their halves.
      if (opcodes.some((opcode) => ['convolution', 'convolutionTranspose', 'gdws', 'matmul'].includes(opcode))) return;
      demandClose('kernels', run(built, data), expected, allowed);
    } catch (error) {
      const nodes = model.graph!.node.map(({ opType, input, output }) => `${output.join()}=${opType}(${input.join()})`);
      throw new Error(`${(error as Error).message} of ${nodes.join(' ')}`, { cause: error });
    }
  });
}

test('random quantized networks give the very bytes that floats give, where sums of floats are exact', async () => {
  await fc.assert(property(quantizedPlan, true, { steps: 0, share: 1e-5 }), {
    numRuns: runs,
    interruptAfterTimeLimit: 50_000 * patience,
    markInterruptAsFailure: true,
  });
});

test('with scales of any kind, bytes differ by one step at most', async () => {
  await fc.assert(property(shortPlan, false, { steps: 1, share: 0.1 }), {
    numRuns: runs,
    interruptAfterTimeLimit: 50_000 * patience,
    markInterruptAsFailure: true,
  });
});

test('transposed convolutions of bytes give the very bytes that floats give', async () => {
  const before = met.get('integerConvolution') ?? 0;
  await fc.assert(property(transposedPlan, true, { steps: 0, share: 1e-5 }), {
    numRuns: runs,
    interruptAfterTimeLimit: 50_000 * patience,
    markInterruptAsFailure: true,
  });
  expect(met.get('integerConvolution')! - before).toBeGreaterThan(runs);
});

test('in which every integer operation was met', () => {
  const opcodes = ['Convolution', 'Gdws', 'Binary', 'AveragePool'].map((name) => `integer${name}`);
  for (const opcode of [...opcodes, 'table', 'quantize', 'dequantize']) expect(met.get(opcode)).toBeGreaterThan(4);
});
