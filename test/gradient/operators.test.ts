import { native } from '../../src/addon/native';
import { lowerGraph } from '../../src/engine/compile';
import { differentiate } from '../../src/gradient/differentiate';
import { Graph } from '../../src/graph/graph';
import { readModel } from '../../src/onnx/read';
import { elementCount } from '../../src/onnx/value';
import { ConstantPool, type NativeConstants } from '../../src/program/constant-pool';
import type { NativeArray } from '../../src/program/element-type';
import { encodeProgram } from '../../src/program/encode';
import type { Program } from '../../src/program/program';
import { titleOf, type Case } from '../operators/case';
import { activationCases } from '../operators/cases/activation';
import { arithmeticCases } from '../operators/cases/arithmetic';
import { convolutionCases } from '../operators/cases/convolution';
import { einsumCases } from '../operators/cases/einsum';
import { fusedCases } from '../operators/cases/fused';
import { gatherCases } from '../operators/cases/gather';
import { joiningCases } from '../operators/cases/joining';
import { maskingCases } from '../operators/cases/masking';
import { normalizationCases } from '../operators/cases/normalization';
import { padCases } from '../operators/cases/pad';
import { poolingCases } from '../operators/cases/pooling';
import { productCases } from '../operators/cases/product';
import { rearrangingCases } from '../operators/cases/rearranging';
import { reductionCases } from '../operators/cases/reduction';
import { resizeCases } from '../operators/cases/resize';
import { reversalCases } from '../operators/cases/reversal';
import { scatterCases } from '../operators/cases/scatter';
import { searchCases } from '../operators/cases/search';
import { shapingCases } from '../operators/cases/shaping';
import { sliceCases } from '../operators/cases/slice';
import { softmaxCases } from '../operators/cases/softmax';
import { modelOf } from '../operators/oracle';
import { Random } from '../operators/random';
import { runInDoubles } from './double/program';
import { distanceFrom, slopesAt, type Slopes } from './double/slopes';

const random = new Random(4);
const cases: readonly Case[] = [
  ...convolutionCases,
  ...productCases,
  ...poolingCases,
  ...joiningCases,
  ...padCases,
  ...softmaxCases,
  ...activationCases,
  ...arithmeticCases,
  ...fusedCases,
  ...gatherCases,
  ...normalizationCases,
  ...reductionCases,
  ...resizeCases,
  ...rearrangingCases,
  ...shapingCases,
  ...sliceCases,
  ...einsumCases,
  ...maskingCases,
  ...reversalCases,
  ...scatterCases.filter(({ attributes }) => !['mul', 'max', 'min'].includes(attributes?.reduction as string)),
  ...searchCases,
];

const titled = cases
  .filter(({ inputs, runs, outputs }) => {
    const fed = inputs.filter((input) => input && !input.known);
    return (
      runs !== false &&
      (outputs ?? 1) === 1 &&
      fed.length > 0 &&
      fed.every((input) => input!.type === 'float32' && input!.data.length > 0)
    );
  })
  .map((tested, index) => ({ title: `${index}: ${titleOf(tested)}`, tested }));

/** Elements of each input at which the gradient is compared. */
const mostElements = 10;

test.each(titled)('$title', async ({ tested }) => {
  const graph = new Graph(await readModel(modelOf(tested)));
  const pool = new ConstantPool();
  const lowered = lowerGraph(graph, undefined, pool);
  const { program } = lowered;
  const result = program.outputs[0]!;
  if (program.values[result]!.type !== 'float32' || elementCount(program.values[result]!.dims) === 0) return;
  const feeds = tested.inputs.flatMap((input) => (input && !input.known ? [input.data as Float32Array] : []));
  const cotangent = random.floats(program.values[result]!.dims).data as Float32Array;
  const gradients = gradientsOf(program, lowered.constants, pool, feeds, cotangent);
  expect(gradients).toHaveLength(feeds.length);

  const loss = (at: readonly ArrayLike<number>[]) =>
    runInDoubles(program, lowered.constants, at)[0]!.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
  feeds.forEach((feed, which) => {
    const places = random.shuffle(Array.from(feed.keys())).slice(0, mostElements);
    const slopes = places.map((place) =>
      slopesAt(
        (moved) => loss(feeds.map((all, i) => (i === which ? Float64Array.from(all).with(place, moved) : all))),
        feed[place]!,
      ),
    );
    const sizes = slopes.flatMap(({ left, right, jumps }) => (jumps ? [] : [left, right])).map(Math.abs);
    const scale = Math.max(1e-2, ...sizes.filter(Number.isFinite));
    const distances = slopes.map((slope, i) => distanceFrom(slope, gradients[which]![places[i]!]!, scale));
    const known = distances.filter((_, i) => isKnown(slopes[i]!));
    for (const distance of known) expect(distance).toBeLessThan(1e-4 * scale);
    // Where it jumps, as at a half that is rounded or a row of zeros that is scaled to length 1, anything finite will do.
    expect(gradients[which]!.every(Number.isFinite)).toBe(true);
    expect(known.length > 0 || slopes.every(({ jumps }) => jumps)).toBe(true);
  });
});

function isKnown({ left, right, jumps }: Slopes): boolean {
  return !jumps && Number.isFinite(left) && Number.isFinite(right);
}

test('the double-precision reference gives what the kernels give', async () => {
  for (const { tested, title } of titled) {
    const lowered = lowerGraph(new Graph(await readModel(modelOf(tested))), undefined, new ConstantPool());
    const feeds = tested.inputs.flatMap((input) => (input && !input.known ? [input.data as Float32Array] : []));
    const type = lowered.program.values[lowered.program.outputs[0]!]!.type;
    if (type !== 'float32') continue;
    const session = native().createSession(1, 'reference', false);
    const actual = new Float32Array(session.compile(lowered.words, [...lowered.constants]).runSync(feeds)[0]!);
    const expected = runInDoubles(lowered.program, lowered.constants, feeds)[0]!;
    const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
    const worst = Math.max(
      0,
      ...expected.map((value, at) =>
        Object.is(value, NaN) || value === actual[at] ? 0 : Math.abs(value - actual[at]!),
      ),
    );
    expect({ title, worst: worst / largest < 1e-5 ? 0 : worst / largest }).toEqual({ title, worst: 0 });
  }
});

/** By the backward program, with kernels in single precision. */
function gradientsOf(
  program: Program,
  known: NativeConstants,
  pool: ConstantPool,
  feeds: readonly Float32Array[],
  cotangent: Float32Array,
): Float32Array[] {
  const [result] = program.outputs as [number];
  const derivatives = { from: result, to: program.inputs };
  const { backward, saved, constants } = differentiate({ program, constants: known }, derivatives, pool);
  const outputs = [...program.outputs];
  const sources = saved.map((id) => {
    const input = program.inputs.indexOf(id);
    if (input >= 0) return { input, type: program.values[id]!.type };
    if (!program.outputs.includes(id)) program.outputs.push(id);
    return { output: program.outputs.indexOf(id), type: program.values[id]!.type };
  });
  const session = native().createSession(1, 'reference', false);
  const buffers = session.compile(encodeProgram(program), [...known]).runSync(feeds);
  program.outputs.splice(0, program.outputs.length, ...outputs);
  const values = sources.map(({ input, output, type }): NativeArray => {
    if (input !== undefined) return feeds[input]!;
    return type === 'float32' ? new Float32Array(buffers[output]!) : new Uint8Array(buffers[output]!);
  });
  return native()
    .createSession(1, undefined, false)
    .compile(encodeProgram(backward), [...constants])
    .runSync([cotangent, ...values])
    .map((bytes) => new Float32Array(bytes));
}
