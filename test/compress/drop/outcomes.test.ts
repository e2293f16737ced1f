import {
  compress,
  compressWithinDrop,
  evaluate,
  GradientSession,
  ImageSet,
  sessionClassifier,
  sweep,
} from '../../../src';
import { halves } from '../../../src/compress/drop/split';
import { outcomesOf } from '../../../src/compress/drop/outcomes';
import { accuracyOf } from '../../../src/robustness/ways';
import { spreadOver } from '../../cli/small-classifier';
import { Random } from '../../operators/random';

// What quantized networks must withstand where they are compared with those of floats.

const [count, side] = [48, 8];
const dims = [3, side, side] as const;
const pixels = new Random(31).floats([count, ...dims], 0, 1).data as Float32Array;
const attack = { attack: 'fgsm', norm: 'linf', eps: 0.012 } as const;
const squareQueries = 60;
const options = { attack, squareQueries, seed: 0, threads: 1 };
/** The attacks of a quantized network, and the networks that their images are made on. */
const threeWays = [
  ['fgsm', undefined],
  ['fgsm', 'dense'],
  ['square', undefined],
];

async function subjects() {
  const { model, labels } = await spreadOver(pixels, side);
  const data = new ImageSet(dims, pixels, labels);
  return { model, data, calibration: { images: data.first(16) } };
}

const sum = (right: Uint8Array) => right.reduce((sum, one) => sum + one, 0);

/** What `evaluate` says of a network beside the dense one. */
async function evaluated(
  models: readonly Uint8Array[],
  data: ImageSet,
  { seed = 0, eps = attack.eps }: { readonly seed?: number; readonly eps?: number } = {},
) {
  const sessions = await Promise.all(models.map((model) => GradientSession.create(model, { intraOpNumThreads: 1 })));
  const candidates = await Promise.all(
    sessions.map(async (session, i) => ({
      name: i === 0 ? 'dense' : 'other',
      classifier: await sessionClassifier(session, dims),
    })),
  );
  const images = data.batch(0, data.length).images.data as Float32Array;
  const found = await evaluate(candidates, images, data.labels, { ...attack, eps }, { squareQueries, seed });
  for (const session of sessions) await session.release();
  return found;
}

test('a quantized network must withstand three attacks, and the one of floats two, as evaluate has it', async () => {
  const { model, data, calibration } = await subjects();
  const compression = await compress(model, { int8: true, int8MaxLoss: 1, calibration, threads: 1 });
  const eps = 0.02;
  const stronger = { ...options, attack: { ...attack, eps } };
  const dense = await outcomesOf(model, data, stronger, { hasQuantized: true });
  const quantized = await outcomesOf(compression.bytes(), data, stronger, { hasQuantized: true, dense });
  const names = ({ ways }: typeof dense) => ways!.map(({ attack, madeOn }) => [attack, madeOn]);
  expect(names(dense)).toEqual([
    ['fgsm', undefined],
    ['square', undefined],
  ]);
  expect(names(quantized)).toEqual(threeWays);
  // The attack alone would be too optimistic.
  expect(sum(quantized.robust!)).toBeLessThan(sum(quantized.ways![0]!.standing) - 1);
  const { candidates } = await evaluated([model, compression.bytes()], data, { eps });
  for (const [i, { correct, standing, ways }] of candidates.entries()) {
    const { natural, robust, ways: own } = [dense, quantized][i]!;
    expect(natural).toEqual(correct);
    expect(robust).toEqual(standing);
    expect(own).toEqual(ways);
  }
});

test('without quantized networks, the attack is all', async () => {
  const { model, data } = await subjects();
  const { ways } = await outcomesOf(model, data, { attack, threads: 1 });
  expect(ways!.map(({ attack }) => attack)).toEqual(['fgsm']);
});

test('a search has the drops that evaluate has', async () => {
  const { model, data, calibration } = await subjects();
  const seed = 3;
  const search = { ...options, seed, data, calibration, int8: true, maxDrop: 0.15 };
  const { compression, trials, heldOut } = await compressWithinDrop(model, search);
  const { comparisons, candidates } = await evaluated([model, compression!.bytes()], halves(data, seed)[1], { seed });
  expect(candidates[1]!.ways).toHaveLength(3);
  expect(sum(candidates[1]!.standing)).toBeGreaterThan(3);
  const [{ natural, robust }] = comparisons as [(typeof comparisons)[0]];
  expect(heldOut.natural).toMatchObject({ lost: natural.lost, gained: natural.gained });
  expect(heldOut.robust).toMatchObject({ lost: robust.lost, gained: robust.gained });
  expect(heldOut.ways).toEqual(candidates[1]!.ways.map(accuracyOf));
  for (const { format, ways } of trials) {
    expect(format).toBe('int8');
    expect(ways!.map(({ attack, madeOn }) => [attack, madeOn])).toEqual(threeWays);
  }
}, 60_000);

test('a sweep has all ways', async () => {
  const { model, data, calibration } = await subjects();
  const { networks } = await sweep(model, {
    ...{ ...options, data, calibration, int8: true, budgets: [0.7], time: 0.05, runThreads: 1 },
  });
  for (const { method, robust, ways } of networks) {
    const made = method === 'int8' ? ['fgsm', 'fgsm of dense', 'square'] : ['fgsm', 'square'];
    expect(ways!.map(({ attack, madeOn }) => (madeOn ? `${attack} of ${madeOn}` : attack))).toEqual(made);
    expect(robust!.successes).toBeLessThanOrEqual(Math.min(...ways!.map(({ robust }) => robust.successes)));
  }
}, 60_000);

test.each([
  ['without quantized networks', { attack }],
  ['without an attack', { int8: true, attack: undefined }],
  ['for an attack that is square itself', { int8: true, attack: { ...attack, attack: 'square' } as const }],
])('queries of square are refused %s', async (_, own) => {
  const { model, data, calibration } = await subjects();
  const given = { data, calibration, squareQueries, ...own };
  const refusal = { code: 'ARGUMENT_INVALID', message: expect.stringContaining('needs no square') as string };
  await expect(compressWithinDrop(model, { ...given, maxDrop: 0.5 })).rejects.toMatchObject(refusal);
  await expect(sweep(model, given)).rejects.toMatchObject(refusal);
});
