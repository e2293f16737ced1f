import type { Constant } from '../../src/onnx/value';
import { operatorOf } from '../../src/operators';
import { constantOf, numbersOf } from '../../src/operators/elements';
import { allCases } from './all-cases';
import { titleOf, type Case, type CaseInput } from './case';
import { expectClose, run } from './check';
import { expectedOf } from './oracle';

// A batch of no images through every operator: what onnxruntime runs, the engine runs too, with the same shapes.

/** At least; where onnxruntime runs none of them without elements, the others are tried too. */
const casesOfEach = 4;

function withoutElements({ type, dims, ...rest }: CaseInput): CaseInput {
  return { ...rest, type, dims: [0, ...dims.slice(1)], data: type === 'string' ? [] : constantOf(type, [0], []).data };
}

/** Sizes of a whole result, whose first is that of the batch: fed, as a model computes them from shapes. */
function emptySizes(input: CaseInput, [first, ...rest]: readonly number[]): CaseInput {
  if (!input.known || input.type !== 'int64' || input.dims.join() !== `${rest.length + 1}`) return input;
  const [batch, ...others] = Array.from(numbersOf(input));
  return batch === first ? constantOf('int64', input.dims, [0, ...others]) : input;
}

/** The case with an empty first axis: of the first input, or of all that are as long; and of sizes that have it. */
function variantsOf(tested: Case): Case[] {
  const [first] = tested.inputs;
  if (!first || first.known || first.dims.length === 0) return [];
  const alike = (input: CaseInput) => !input.known && input.dims.length > 0 && input.dims[0] === first.dims[0];
  const change = (isEmptied: (input: CaseInput) => boolean): Case => ({
    ...tested,
    inputs: tested.inputs.map(
      (input) => input && (isEmptied(input) ? withoutElements(input) : emptySizes(input, first.dims)),
    ),
  });
  const alone = change((input) => input === first);
  if (!tested.inputs.some((input) => input && input !== first && alike(input))) return [alone];
  return emptyTogether.includes(tested.opType) ? [change(alike)] : [alone, change(alike)];
}

/** Whether the first axis may be a batch: where it might be reduced, longer than 1, so that it differs from a reduced one. */
function hasBatch({ opType, inputs, attributes }: Case): boolean {
  const selects = opType === 'Compress' && [0, -inputs[0]!.dims.length].includes(Number(attributes?.axis ?? 0));
  const least = /^(Reduce|Arg)/.test(opType) ? 2 : 1;
  return (inputs[0]?.dims[0] ?? 0) >= least && !selects;
}

/** Whether the first axis went through the operator as it was: of a batch, not of what is reduced or looked up. */
function isBatch(whole: readonly Constant[], empty: readonly Constant[], batch: number): boolean {
  return empty.every(({ dims }, index) => {
    const full = whole[index]!.dims;
    return dims.join() === [0, ...full.slice(1)].join() && full[0] === batch;
  });
}

/** What came of it, or why nothing did. */
async function attempt<T>(make: () => Promise<T>): Promise<{ readonly value?: T; readonly error?: string }> {
  try {
    return { value: await make() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const compared = new Set<string>();
/** What ends onnxruntime 1.30's process: a division by zero, a wrong address. */
const endsOnnxruntime = ['TopK', 'QLinearSoftmax', 'GRU', 'FusedMatMul'];
/** Of several inputs, all must be empty, which onnxruntime does not check. */
const emptyTogether = ['SkipLayerNormalization'];
const lowered = allCases.filter(({ domain = '', opType }) => operatorOf(domain, opType)!.lower);
const names = [...new Set(lowered.map(({ opType }) => opType))].filter((name) => !endsOnnxruntime.includes(name));

test('QLinearSoftmax', async () => {
  const tested = allCases.find(({ opType, inputs }) => opType === 'QLinearSoftmax' && inputs[0]!.dims.length > 1)!;
  const [result] = await run(variantsOf(tested)[0]!);
  expect(result!.dims).toEqual([0, ...tested.inputs[0]!.dims.slice(1)]);
});

test('TopK', async () => {
  const tested = allCases.find(({ opType, attributes }) => opType === 'TopK' && attributes?.axis === 1)!;
  const results = await run(variantsOf(tested)[0]!);
  const { dims } = tested.inputs[0]!;
  const k = numbersOf(tested.inputs[1]!)[0]!;
  expect(results.map((result) => result.dims)).toEqual([
    [0, k, ...dims.slice(2)],
    [0, k, ...dims.slice(2)],
  ]);
});

test('GRU', async () => {
  const tested = allCases.find(({ opType }) => opType === 'GRU')!;
  const [y] = await run(variantsOf(tested)[0]!);
  const [, batch] = tested.inputs[0]!.dims;
  const [directions, , hidden] = tested.inputs[2]!.dims;
  expect(y!.dims).toEqual([0, directions, batch, hidden]);
});

test('FusedMatMul', async () => {
  const tested = allCases.find(
    ({ opType, inputs, attributes }) =>
      opType === 'FusedMatMul' && inputs[0]!.dims.length === 3 && inputs[1]!.known && attributes?.transBatchA === 0,
  )!;
  const [whole, empty] = [await run(tested), await run(variantsOf({ ...tested, inputs: ofOneMatrix(tested) })[0]!)];
  expect(empty[0]!.dims).toEqual([0, ...whole[0]!.dims.slice(1)]);
});

/** The inputs of a product with one second matrix for all of the first. */
function ofOneMatrix({ inputs }: Case): Case['inputs'] {
  const [a, b] = inputs as [CaseInput, CaseInput];
  const dims = b.dims.slice(-2);
  return [a, { ...b, dims, data: (b.data as Float32Array).slice(0, dims[0]! * dims[1]!) }];
}

test.each(names)('%s', async (name) => {
  const failures: string[] = [];
  const cases = allCases.filter((tested) => tested.opType === name && tested.runs !== false && hasBatch(tested));
  const step = Math.ceil(cases.length / casesOfEach);
  const [some, others] = [0, 1].map((rest) => cases.filter((_, index) => Math.sign(index % step) === rest));
  for (const tested of [...some!, ...others!]) {
    if (compared.has(name) && !some!.includes(tested)) break;
    const { value: whole } = await attempt(() => expectedOf(tested));
    for (const variant of variantsOf(tested)) {
      const { value: expected } = await attempt(() => expectedOf(variant));
      if (!expected || !isBatch(whole!, expected, tested.inputs[0]!.dims[0]!)) continue;
      compared.add(name);
      const { error } = await attempt(async () => expectClose(await run(variant), expected, variant));
      if (error !== undefined) failures.push(`${titleOf(variant)}: ${error}`);
    }
  }
  expect(failures).toEqual([]);
});

test('most operators are compared', () => {
  // The others have no case whose first axis stays the first and that onnxruntime runs without elements.
  const missing = [
    'Log',
    'GatherElements',
    'GroupNormalization',
    'DynamicQuantizeLinear',
    'QLinearConcat',
    'Unsqueeze',
    'ConstantOfShape',
  ];
  expect(names.filter((name) => !compared.has(name))).toEqual(missing);
});
