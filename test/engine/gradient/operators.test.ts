import { lowerGraph } from '../../../src/engine/compile';
import { ConstantPool } from '../../../src/engine/constant-pool';
import { differentiate } from '../../../src/engine/gradient/differentiate';
import { Graph } from '../../../src/graph/graph';
import { elementCount } from '../../../src/graph/value';
import { native, type NativeArray } from '../../../src/native';
import { readModel } from '../../../src/onnx/read';
import { titleOf, type Case } from '../../operators/case';
import { activationCases } from '../../operators/cases/activation';
import { convolutionCases } from '../../operators/cases/convolution';
import { arithmeticCases } from '../../operators/cases/arithmetic';
import { gatherCases } from '../../operators/cases/gather';
import { joiningCases } from '../../operators/cases/joining';
import { normalizationCases } from '../../operators/cases/normalization';
import { reductionCases } from '../../operators/cases/reduction';
import { resizeCases } from '../../operators/cases/resize';
import { rearrangingCases } from '../../operators/cases/rearranging';
import { shapingCases } from '../../operators/cases/shaping';
import { sliceCases } from '../../operators/cases/slice';
import { padCases } from '../../operators/cases/pad';
import { poolingCases } from '../../operators/cases/pooling';
import { productCases } from '../../operators/cases/product';
import { softmaxCases } from '../../operators/cases/softmax';
import { modelOf } from '../../operators/oracle';
import { Random } from '../../operators/random';

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
  ...gatherCases,
  ...normalizationCases,
  ...reductionCases,
  ...resizeCases,
  ...rearrangingCases,
  ...shapingCases,
  ...sliceCases,
];

const titled = cases
  .filter(({ opType, inputs, runs, outputs }) => {
    // Given at their kinks only: halves, and rows of zeros.
    if (opType === 'Round' || (opType === 'LpNormalization' && (inputs[0]!.data as Float32Array).includes(0)))
      return false;
    const fed = inputs.filter((input) => input && !input.known);
    return (
      runs !== false &&
      (outputs ?? 1) === 1 &&
      fed.length > 0 &&
      fed.every((input) => input!.type === 'float32' && input!.data.length > 0)
    );
  })
  .map((tested, index) => ({ title: `${index}: ${titleOf(tested)}`, tested }));

/** Central differences; where steps or sides disagree the function has a kink between, and nothing is known. */
test.each(titled)('$title', async ({ tested }) => {
  const graph = new Graph(await readModel(modelOf(tested)));
  const pool = new ConstantPool();
  const lowered = lowerGraph(graph, undefined, pool);
  const { program } = lowered;
  const result = program.outputs[0]!;
  if (program.values[result]!.type !== 'float32' || elementCount(program.values[result]!.dims) === 0) return;
  const session = native.createSession(1, 'reference', false);
  const forward = session.compile(lowered.words, lowered.constants);
  const feeds = tested.inputs.flatMap((input) => (input && !input.known ? [input.data as Float32Array] : []));
  const cotangent = random.floats(program.values[result]!.dims).data as Float32Array;

  const { backward, saved, constants } = differentiate(program, lowered.constants, pool, result, program.inputs);
  const outputs = [...program.outputs];
  const sources = saved.map((id) => {
    const input = program.inputs.indexOf(id);
    if (input >= 0) return { input, type: program.values[id]!.type };
    if (!program.outputs.includes(id)) program.outputs.push(id);
    return { output: program.outputs.indexOf(id), type: program.values[id]!.type };
  });
  const buffers = session.compile(program.encode(), lowered.constants).runSync(feeds);
  program.outputs.splice(0, program.outputs.length, ...outputs);
  const values = sources.map(({ input, output, type }): NativeArray => {
    if (input !== undefined) return feeds[input]!;
    return type === 'float32' ? new Float32Array(buffers[output]!) : new Uint8Array(buffers[output]!);
  });
  const gradients = native
    .createSession(1, undefined, false)
    .compile(backward.encode(), constants)
    .runSync([cotangent, ...values])
    .map((bytes) => new Float32Array(bytes));

  const loss = (at: readonly Float32Array[]) => {
    const y = new Float32Array(forward.runSync(at)[0]!);
    return y.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
  };
  const scale = Math.max(1e-2, ...gradients.flatMap((gradient) => Array.from(gradient, Math.abs)));
  let compared = 0;
  for (let trial = 0; trial < 24; trial++) {
    const which = random.integer(0, feeds.length - 1);
    const element = random.integer(0, feeds[which]!.length - 1);
    const slope = (forth: number, back: number) => {
      const moved = [forth, -back].map((by) =>
        feeds.map((feed, i) => (i === which ? feed.map((value, at) => (at === element ? value + by : value)) : feed)),
      );
      return (loss(moved[0]!) - loss(moved[1]!)) / (forth + back);
    };
    const [wide, narrow] = [slope(1 / 128, 1 / 128), slope(1 / 256, 1 / 256)];
    // What is smooth has sides that come closer as the step gets smaller.
    const [far, near] = [1 / 128, 1 / 256].map((step) => slope(step, 0) - slope(0, step)) as [number, number];
    if (!(Math.abs(wide - narrow) < 2e-3 * scale && Math.abs(far - 2 * near) < 1e-2 * scale)) continue;
    compared++;
    expect(Math.abs(gradients[which]![element]! - (4 * narrow - wide) / 3)).toBeLessThan(1e-2 * scale);
  }
  expect(gradients).toHaveLength(feeds.length);
  expect(compared).toBeGreaterThan(2);
});
