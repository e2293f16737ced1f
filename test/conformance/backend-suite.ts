import fs from 'node:fs';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import type { InferenceSession as Common } from 'onnxruntime-common';
import { Tensor, InferenceSession } from '../../src/engine/session';
import { TensorProtoSchema } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { decodeTensor } from '../../src/onnx/tensor';
import type { Constant } from '../../src/onnx/value';
import { operatorOf } from '../../src/operators';
import { isFloat, numbersOf } from '../../src/operators/elements';

/** Where Debian's package libonnx-testdata puts the ONNX backend test suite. */
export const suiteFolder = '/usr/share/libonnx-testdata/data';

/** Names of all tests, as `node/test_relu`. */
export function testsOfSuite(): string[] {
  return fs
    .readdirSync(suiteFolder)
    .sort()
    .flatMap((group) =>
      fs
        .readdirSync(path.join(suiteFolder, group))
        .sort()
        .filter((test) => fs.existsSync(path.join(suiteFolder, group, test, 'model.onnx')))
        .map((test) => `${group}/${test}`),
    );
}

/** Operators of a test that the table lacks, or lists without a way to run them. */
export function missingOperators(test: string): string[] {
  const { graph } = decodeModel(fs.readFileSync(path.join(suiteFolder, test, 'model.onnx')));
  const missing = graph!.node.filter(({ domain, opType }) => {
    const operator = operatorOf(domain, opType);
    return !operator?.lower && !operator?.fold && !operator?.hosted;
  });
  return [...new Set(missing.map(({ domain, opType }) => (domain ? `${domain}.${opType}` : opType)))].sort();
}

/** The engine ran a model, and computed something else than the suite has. */
export class DifferentResult extends Error {}

/**
 * Runs a test's model on each of its data sets, and compares.
 *
 * @throws GdwsError where the engine refuses the model, DifferentResult where it computes something else, other errors
 *   where the data set cannot be read
 */
export async function runTest(test: string): Promise<void> {
  const folder = path.join(suiteFolder, test);
  const session = await InferenceSession.create(path.join(folder, 'model.onnx'), { intraOpNumThreads: 1 });
  try {
    const sets = fs.readdirSync(folder).filter((name) => name.startsWith('test_data_set_'));
    if (sets.length === 0) throw new Error(`${folder} has no data set.`);
    for (const set of sets) {
      const read = (kind: string) => tensorsOf(path.join(folder, set), kind);
      const inputs = read('input');
      const feeds = Object.fromEntries(
        inputs.map((input, index) => [
          session.inputNames[index]!,
          toTensor(asDeclared(input, session.inputMetadata[index])),
        ]),
      );
      const results = await session.run(feeds);
      const outputs = read('output');
      // A test that compares nothing, or not everything, must not pass.
      if (outputs.length !== session.outputNames.length) throw new Error(`${folder}/${set} lacks outputs.`);
      outputs.forEach((expected, index) => {
        const name = session.outputNames[index]!;
        expectClose(results[name] as Tensor, asDeclared(expected, session.outputMetadata[index]), name);
      });
    }
  } finally {
    await session.release();
  }
}

function tensorsOf(folder: string, kind: string): Constant[] {
  const tensors: Constant[] = [];
  for (let index = 0; fs.existsSync(path.join(folder, `${kind}_${index}.pb`)); index++) {
    const file = path.join(folder, `${kind}_${index}.pb`);
    tensors.push(tensorOf(file));
  }
  return tensors;
}

function tensorOf(file: string): Constant {
  try {
    return decodeTensor(fromBinary(TensorProtoSchema, fs.readFileSync(file)));
  } catch (cause) {
    // Not to be taken for a refusal of the model.
    throw new Error(`${file} is no tensor.`, { cause });
  }
}

/** The suite has the bits of bfloat16 in tensors of uint16. */
function asDeclared(tensor: Constant, declared: Common.ValueMetadata | undefined): Constant {
  const isBfloat16 = declared?.isTensor && (declared.type as string) === 'bfloat16' && tensor.type === 'uint16';
  return isBfloat16 ? { ...tensor, type: 'bfloat16' } : tensor;
}

function toTensor({ type, dims, data }: Constant): Tensor {
  // onnxruntime-common's class knows no bfloat16.
  if (type === 'bfloat16') return { type, dims, data } as unknown as Tensor;
  return new Tensor(type as 'float32', data as Float32Array, [...dims]);
}

/** The suite's own tolerances: a thousandth, and 1e-7 beside 0. Other types than floats must be equal. */
export function expectClose(actual: Tensor, expected: Constant, name: string): void {
  expect({ name, type: actual.type, dims: actual.dims }).toEqual({ name, type: expected.type, dims: expected.dims });
  const found = { type: expected.type, dims: expected.dims, data: actual.data } as Constant;
  // Halves are held as their bits, whose difference says nothing.
  const [got, wanted] = isFloat(expected.type) ? [numbersOf(found), numbersOf(expected)] : [found.data, expected.data];
  expect(got).toHaveLength(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i], wanted[i]];
    if (a === b || (isFloat(expected.type) && isWithin(a as number, b as number))) continue;
    throw new DifferentResult(`element ${i} of ${name} is ${a}, not ${b}.`);
  }
}

function isWithin(found: number, expected: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(found);
  // A thousandth of infinity would let everything pass.
  return Number.isFinite(expected) && Math.abs(found - expected) <= 1e-7 + 1e-3 * Math.abs(expected);
}
