import path from 'node:path';
import { compress, readImages, sweep } from '../../src';

const examples = path.join(__dirname, '..', '..', 'examples');
const model = path.join(examples, 'robust-mnist.onnx');
const digits = (count: number) => readImages(path.join(examples, 'mnist-test-images-idx3-ubyte'), { count });
const inputShapes = { input: [1, 1, 28, 28] };

test('a sweep has each budget by both methods, counted, timed and predicted', async () => {
  const steps = new Set<string>();
  const report = await sweep(model, {
    ...{ data: await digits(20), calibration: { images: await digits(8) }, inputShapes },
    ...{ budgets: [0.4, 0.001, 0.7], time: 0.1, runThreads: 1 },
    attack: { attack: 'fgsm', norm: 'linf', eps: 0.1 },
    onStep: (step) => steps.add(step),
  });
  expect([...steps].filter((step) => step !== 'compare').sort()).toEqual(['compress', 'evaluate', 'time']);
  expect(steps.has('compare')).toBe(report.chosen > 0);
  expect(report.changed !== undefined).toBe(report.chosen > 0);
  const { natural: least } = report.networks[0]!;
  const within = report.networks.filter(({ natural }) => natural.successes >= least.successes - 0.2);
  expect(report.networks[report.chosen]!.milliseconds).toBe(Math.min(...within.map((one) => one.milliseconds)));
  expect(report.networks.map(({ method, budget }) => [method, budget])).toEqual([
    ['dense', 1],
    ['gdws', 0.4],
    ['gdws', 0.7],
    ['paper', 0.4],
    ['paper', 0.7],
  ]);
  expect(report.unmet.map(({ method, budget }) => [method, budget])).toEqual([
    ['gdws', 0.001],
    ['paper', 0.001],
  ]);
  const [dense, ...others] = report.networks;
  for (const one of others) {
    expect(one.macs).toBeLessThanOrEqual(one.budget * dense!.macs * (1 + 1e-9));
    expect(one.macs).toBeGreaterThan(0.9 * one.budget * dense!.macs);
    expect(one.params).toBeLessThan(dense!.params);
    expect(one.bytes).toBeLessThan(dense!.bytes);
    expect(one.layers).toHaveLength(5);
  }
  for (const { natural, robust, milliseconds, imagesPerSecond, predictedMilliseconds } of report.networks) {
    expect(natural.trials).toBe(20);
    expect(robust!.successes).toBeLessThanOrEqual(natural.successes);
    expect(imagesPerSecond * milliseconds).toBeCloseTo(1000, 6);
    expect(predictedMilliseconds).toBeGreaterThan(0);
  }
  expect(report.spectra.map(({ name }) => name)).toEqual(['/3/Conv', '/6/Conv', '/9/Conv', '/12/Conv']);
  for (const { kernels, lost } of report.spectra) {
    expect(lost[0]).toBe(1);
    expect(lost.at(-1)).toBe(0);
    expect(kernels).toHaveLength(lost.length);
  }
  expect(JSON.parse(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify({ ...report, version: 1 })));
}, 120_000);

test("the paper's networks are those of one β, which the next smaller β would exceed", async () => {
  const { networks } = await sweep(model, { data: await digits(2), inputShapes, budgets: [0.5], time: 0.01 });
  const paper = networks.find(({ method }) => method === 'paper')!;
  const most = Math.max(...paper.layers.filter(({ status }) => status === 'gdws').map(({ error }) => error));
  const again = await compress(model, { beta: most * (1 + 1e-6), inputShapes });
  expect(again.summary.macs!.after).toBe(paper.macs);
  const smaller = await compress(model, { beta: most * 0.98, inputShapes });
  expect(smaller.summary.macs!.after).toBeGreaterThan(paper.macs);
}, 120_000);

test("weights of errors change the paper's networks alone", async () => {
  const options = { data: await digits(2), inputShapes, budgets: [0.4], time: 0.01, runThreads: 1 };
  const alpha = { '/12/Conv': new Float32Array(96).fill(1e4) };
  const kernels = async (own: object) => {
    const { networks } = await sweep(model, { ...options, ...own });
    return networks.slice(1).map(({ layers }) => layers.map((layer) => layer.kernels));
  };
  for (const calibration of [undefined, { images: await digits(8) }]) {
    const [ours, paper] = await kernels({ calibration });
    const [oursAfter, paperAfter] = await kernels({ calibration, alpha });
    expect(oursAfter).toEqual(ours);
    expect(paperAfter).not.toEqual(paper);
  }
}, 120_000);

test('refuses budgets of which none can be met, before it counts anything', async () => {
  const steps = new Set<string>();
  const refused = sweep(model, {
    ...{ data: await digits(2), inputShapes, budgets: [0.001], onStep: (step) => steps.add(step) },
  });
  await expect(refused).rejects.toMatchObject({ code: 'BUDGET_OUT_OF_RANGE' });
  expect([...steps]).toEqual(['compress']);
}, 120_000);

test.each([
  ['a budget', { budgets: [0.5, 1.5] }],
  ['no budgets', { budgets: [] }],
  ['a time', { time: 0 }],
])('refuses %s that makes no sense', async (_, options) => {
  const refused = sweep(model, { data: await digits(2), inputShapes, ...options });
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('with int8, the networks are quantized, too, as compress quantizes them', async () => {
  const calibration = { images: await digits(8) };
  const report = await sweep(model, {
    ...{ data: await digits(10), calibration, inputShapes },
    ...{ budgets: [0.5], int8: true, time: 0.05, runThreads: 1, within: 1 },
  });
  const { networks } = report;
  expect(networks.map(({ method, budget }) => [method, budget])).toEqual([
    ['dense', 1],
    ['gdws', 0.5],
    ['int8', 0.5],
    ['int8', 1],
    ['paper', 0.5],
  ]);
  const [dense, gdws, int8, alone] = networks;
  expect(report.settings.within).toBe(1);
  expect(networks[report.chosen]!.milliseconds).toBe(Math.min(...networks.map((one) => one.milliseconds)));
  const same = await compress(model, { macs: 0.5, int8: true, calibration, inputShapes });
  expect(int8!.layers.map(({ g }) => g)).toEqual(same.summary.layers.map(({ g }) => g));
  expect(int8!.bytes).toBe(same.bytes().length);
  expect(int8!.bytes).toBeLessThan(0.4 * gdws!.bytes);
  expect(alone!.bytes).toBeLessThan(0.4 * dense!.bytes);
  expect(alone!.macs).toBe(dense!.macs);
  for (const { predictedMilliseconds } of networks) expect(predictedMilliseconds).toBeGreaterThan(0);
}, 120_000);
