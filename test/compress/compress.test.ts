import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compress } from '../../src/compress/compress';
import type { Compression } from '../../src/compress/compression';
import type { CompressOptions } from '../../src/compress/options';
import { Graph } from '../../src/graph/graph';
import { float32ToFloat16 } from '../../src/onnx/float16';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { relativeDifference, run } from '../gdws/onnxruntime';
import { seeded } from '../linalg/layers';

let random = seeded(5);
function noise(...dims: number[]): Constant {
  const count = dims.reduce((a, b) => a * b, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, () => random() * 2 - 1) };
}
/** Weights whose channels have spectra that fall, as trained ones have. */
function trained(outputs: number, inputs: number, taps = [3, 3]): Constant {
  const weights = noise(outputs, inputs, ...taps);
  const size = taps.reduce((a, b) => a * b, 1);
  const basis = noise(size, size).data as Float32Array;
  const data = (weights.data as Float32Array).map((_, i, all) => {
    const [kernel, tap] = [Math.floor(i / size), i % size];
    let sum = 0;
    for (let j = 0; j < size; ++j) sum += (all[kernel * size + j]! * basis[j * size + tap]!) / (1 + j) ** 2;
    return sum;
  });
  return { ...weights, data };
}
function conv(name: string, input: string, weights: string, attributes = {}, bias?: string): NodeProto {
  const inputs = bias ? [input, weights, bias] : [input, weights];
  return makeNode({
    opType: 'Conv',
    name,
    input: inputs,
    output: [`${name}.out`],
    attributes: { pads: [1, 1, 1, 1], ...attributes },
  });
}

const size = 8;
/** One convolution of every kind. `shared1` and `shared2` have the same weights. */
function network(): ModelProto {
  random = seeded(5);
  return makeModel({
    nodes: [
      conv('first', 'x', 'w.first'),
      conv('plain', 'first.out', 'w.plain', {}, 'b.plain'),
      makeNode({ opType: 'Relu', input: ['plain.out'], output: ['relu'] }),
      conv('depth', 'relu', 'w.depth', { group: 16 }),
      conv('point', 'depth.out', 'w.point', { pads: [0, 0, 0, 0] }),
      conv('grouped', 'point.out', 'w.grouped', { group: 2 }),
      conv('shared1', 'grouped.out', 'w.shared'),
      conv('shared2', 'shared1.out', 'w.shared', { dilations: [2, 2], pads: [2, 2, 2, 2] }),
      conv('narrow', 'shared2.out', 'w.narrow', { strides: [2, 2] }),
      makeNode({ opType: 'Flatten', input: ['narrow.out'], output: ['flat'] }),
      makeNode({ opType: 'Gemm', name: 'fc', input: ['flat', 'w.fc'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['N', 3, size, size])],
    outputs: [makeValueInfo('y', 'float32', ['N', 10])],
    initializers: {
      'w.first': trained(16, 3),
      'w.plain': trained(16, 16),
      'b.plain': noise(16),
      'w.depth': noise(16, 1, 3, 3),
      'w.point': noise(16, 16, 1, 1),
      'w.grouped': trained(16, 8),
      'w.shared': trained(16, 16),
      'w.narrow': noise(1, 16, 3, 3),
      'w.fc': noise(16, 10),
    },
  });
}
const macs = {
  first: 64 * 16 * 3 * 9,
  plain: 64 * 16 * 16 * 9,
  depth: 64 * 16 * 9,
  point: 64 * 16 * 16,
  grouped: 64 * 16 * 8 * 9,
  shared: 2 * 64 * 16 * 16 * 9,
  narrow: 16 * 16 * 9,
  fc: 16 * 10,
};
const totalMacs = Object.values(macs).reduce((a, b) => a + b);
const feeds = { x: { dims: [2, 3, size, size], data: noise(2, 3, size, size).data as Float32Array } };

function layerOf({ summary }: Compression, name: string) {
  return summary.layers.find((layer) => layer.name === name)!;
}

describe('compress', () => {
  test('says of every convolution what became of it, in numbers that add up', async () => {
    const model = network();
    const result = await compress(model, { error: 0.02 });
    const { summary } = result;
    expect(summary.layers.map(({ name, status, reason }) => [name, reason ?? status])).toEqual([
      ['first', 'first convolution'],
      ['plain', 'gdws'],
      ['depth', 'depthwise'],
      ['point', 'pointwise'],
      ['grouped', 'gdws'],
      ['shared1', 'gdws'],
      ['narrow', 'not cheaper as GDWS'],
    ]);
    expect(summary.macs!.before).toBe(totalMacs);
    expect(summary.params.before).toBe(432 + 2304 + 144 + 256 + 1152 + 2304 + 144 + 160);
    const graph = new Graph(result.model);
    const weights = (name: string) => graph.constant(name)!;
    for (const name of ['plain', 'grouped', 'shared1']) {
      const layer = layerOf(result, name);
      expect(layer.g).toHaveLength(16);
      expect(layer.g!.reduce((a, b) => a + b)).toBe(layer.kernels);
      expect(weights(`${name}.depthwise`).dims).toEqual([layer.kernels, 1, 3, 3]);
      expect(weights(`${name}.pointwise`).dims).toEqual([16, layer.kernels! / layer.groups!, 1, 1]);
      expect(layer.relativeError).toBeGreaterThan(0);
      expect(layer.relativeError).toBeLessThanOrEqual(0.02);
      const uses = name === 'shared1' ? 2 : 1;
      expect(layer.params!.after).toBe(layer.kernels! * (9 + 16 / layer.groups!));
      expect(layer.macs).toEqual({ before: layer.params!.before * 64 * uses, after: layer.params!.after * 64 * uses });
    }
    const stored = graph.proto.initializer.filter(
      ({ name }) => name.startsWith('w.') || /\.(depth|point)wise$/.test(name),
    );
    expect(summary.params.after).toBe(
      stored.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * Number(b), 1), 0),
    );
    expect(graph.proto.initializer.map(({ name }) => name)).not.toContain('w.shared');
    expect(summary.bytes).toEqual({ before: encodeModel(model).length, after: result.bytes().length });
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    const [found, expected] = [await run(result.bytes(), feeds), await run(model, feeds)];
    expect(relativeDifference(found['y']!, expected['y']!)).toBeLessThan(0.5);
  });

  test('keeps e² ≤ β in every layer, with the fewest kernels', async () => {
    const beta = 3;
    const result = await compress(network(), { beta });
    const finer = await compress(network(), { beta: beta / 4 });
    for (const name of ['plain', 'grouped', 'shared1']) {
      expect(layerOf(result, name).error).toBeLessThanOrEqual(beta);
      expect(layerOf(result, name).kernels!).toBeLessThan(layerOf(finer, name).kernels ?? Infinity);
    }
  });

  test.each(['macs', 'params'] as const)('keeps a budget of %s, and loses less with a larger one', async (kind) => {
    let before = Infinity;
    for (const share of [0.4, 0.5, 0.7, 0.9, 1]) {
      const { summary, model } = await compress(network(), { [kind]: share });
      expect(summary[kind]!.after).toBeLessThanOrEqual(share * summary[kind]!.before);
      expect(summary[kind]!.after).toBeGreaterThan((share - 0.1) * summary[kind]!.before);
      const error = summary.layers.reduce((sum, layer) => sum + layer.relativeError ** 2, 0);
      expect(error).toBeLessThan(before);
      before = Math.max(error, Number.MIN_VALUE);
      await run(model, feeds);
    }
  });

  test('names the least achievable budget, which then succeeds', async () => {
    const error = await compress(network(), { macs: 0.05 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BUDGET_OUT_OF_RANGE' });
    const least = Number(/least achievable is ([\d.]+)/.exec((error as Error).message)![1]);
    const { summary } = await compress(network(), { macs: least });
    expect(
      summary.layers.filter(({ status }) => status === 'gdws').map(({ kernels, groups }) => kernels! / groups!),
    ).toEqual([1, 1, 1, 1]);
    await expect(compress(network(), { macs: least - 0.001 })).rejects.toMatchObject({ code: 'BUDGET_OUT_OF_RANGE' });
  });

  test('leaves the caller’s model alone, and writes what bytes() has', async () => {
    const model = network();
    const before = encodeModel(model);
    const result = await compress(model, { macs: 0.5 });
    expect(Buffer.compare(encodeModel(model), before)).toBe(0);
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-')), 'small.onnx');
    await result.write(file);
    expect(Buffer.compare(fs.readFileSync(file), result.bytes())).toBe(0);
    const again = await compress(file, { error: 0 });
    expect(again.summary.layers.filter(({ status }) => status === 'gdws')).toEqual([]);
  });

  test('replaces only what include and exclude say, and the first layer on demand', async () => {
    const replaced = async (options: CompressOptions) =>
      (await compress(network(), { beta: 3, ...options })).summary.layers
        .filter(({ status }) => status === 'gdws')
        .map(({ name }) => name);
    expect(await replaced({ include: ['plain', /^shared/g] })).toEqual(['plain', 'shared1']);
    expect(await replaced({ exclude: ['plain'] })).toEqual(['grouped', 'shared1']);
    expect(await replaced({ include: ['first'], firstLayer: true, beta: 20 })).toEqual(['first']);
  });

  test('keeps the weights that an excluded node still reads', async () => {
    const result = await compress(network(), { error: 0.02, include: ['shared1'] });
    expect(layerOf(result, 'shared1').status).toBe('gdws');
    expect(layerOf(result, 'shared2').reason).toBe('excluded');
    const { before, after } = layerOf(result, 'shared1').params!;
    expect(after).toBe(before + layerOf(result, 'shared1').kernels! * 25);
    await run(result.model, feeds);
  });

  test('α decides which channels keep kernels', async () => {
    const alpha = new Float32Array(16).fill(1e-6);
    alpha[3] = 1;
    const { g } = layerOf(await compress(network(), { beta: 1e-3, alpha: { plain: alpha } }), 'plain');
    expect(g![3]).toBeGreaterThan(4 + Math.max(...g!.filter((_, channel) => channel !== 3)));
    const asMap = await compress(network(), { beta: 1e-3, alpha: new Map([['plain', alpha]]) });
    expect(layerOf(asMap, 'plain').g).toEqual(g);
  });

  test('decodes half-precision weights behind a Cast, and weights in Constant nodes', async () => {
    const model = network();
    const graph = new Graph(model);
    const half = float32ToFloat16(graph.constant('w.plain')!.data as Float32Array);
    graph.setInitializer('w.half', { type: 'float16', dims: [16, 16, 3, 3], data: half });
    graph.replace(
      new Map([
        [
          graph.producer('plain.out')!,
          [
            makeNode({ opType: 'Cast', input: ['w.half'], output: ['w.cast'], attributes: { to: 1 } }),
            conv('plain', 'first.out', 'w.cast', {}, 'b.plain'),
          ],
        ],
      ]),
    );
    const tensor = model.graph!.initializer.find(({ name }) => name === 'w.grouped')!;
    graph.replace(
      new Map([
        [
          graph.producer('grouped.out')!,
          [
            makeNode({ opType: 'Constant', input: [], output: ['w.constant'], attributes: { value: { tensor } } }),
            conv('grouped', 'point.out', 'w.constant', { group: 2 }),
          ],
        ],
      ]),
    );
    const result = await compress(model, { error: 0.001 });
    expect(layerOf(result, 'plain').status).toBe('gdws');
    expect(layerOf(result, 'grouped').status).toBe('gdws');
    expect(result.model.graph!.node.some(({ opType }) => opType === 'Cast' || opType === 'Constant')).toBe(false);
    expect(result.model.graph!.initializer.map(({ name }) => name)).not.toContain('w.half');
    await run(result.model, feeds);
  });

  test('keeps operators that gdws does not know', async () => {
    const model = network();
    const graph = new Graph(model);
    graph.replace(
      new Map([
        [
          graph.producer('relu')!,
          [makeNode({ opType: 'Teleport', domain: 'example', input: ['plain.out'], output: ['relu'] })],
        ],
      ]),
    );
    const result = await compress(model, { params: 0.6 });
    expect(result.summary.macs).toBeUndefined();
    expect(layerOf(result, 'grouped').status).toBe('gdws');
    expect(result.model.graph!.node.some(({ opType }) => opType === 'Teleport')).toBe(true);
    await expect(compress(model, { macs: 0.6 })).rejects.toMatchObject({ code: 'SHAPE_UNKNOWN', node: 'depth' });
  });

  test('counts multiply-accumulates of an open input only when its shape is given', async () => {
    const model = network();
    model.graph!.input[0] = makeValueInfo('x', 'float32', ['N', 3, 'H', 'W']);
    await expect(compress(model, { macs: 0.6 })).rejects.toMatchObject({
      code: 'SHAPE_UNKNOWN',
      remedy: expect.stringContaining('inputShapes') as string,
    });
    const { summary } = await compress(model, { macs: 0.6, inputShapes: { x: [1, 3, size, size] } });
    expect(summary.macs!.before).toBe(totalMacs);
    await expect(compress(model, { macs: 0.6, inputShapes: { z: [1] } })).rejects.toMatchObject({
      code: 'INPUT_UNKNOWN',
    });
    expect((await compress(model, { params: 0.6 })).summary.macs).toBeUndefined();
  });

  test('leaves weights alone that are fed', async () => {
    const model = network();
    model.graph!.input.push(makeValueInfo('w.plain', 'float32', [16, 16, 3, 3]));
    expect(layerOf(await compress(model, { error: 0.02 }), 'plain').reason).toBe('weights are not constant');
    model.graph!.initializer = model.graph!.initializer.filter(({ name }) => name !== 'w.plain');
    expect(layerOf(await compress(model, { error: 0.02 }), 'plain').reason).toBe('weights are not constant');
  });

  test('lists new weights as inputs where the IR version asks for it', async () => {
    const model = network();
    model.irVersion = 3n;
    for (const { name, dims } of model.graph!.initializer) {
      model.graph!.input.push(makeValueInfo(name, 'float32', dims.map(Number)));
    }
    const result = await compress(model, { error: 0.02 });
    const inputs = result.model.graph!.input.map(({ name }) => name);
    expect(inputs).toContain('plain.depthwise');
    expect(inputs).not.toContain('w.plain');
    await run(result.model, feeds);
  });

  test.each([NaN, Infinity, -Infinity])('names a weight that is %d', async (value) => {
    const model = network();
    const graph = new Graph(model);
    const weights = Float32Array.from(graph.constant('w.grouped')!.data as Float32Array);
    weights[(2 * 8 + 5) * 9 + 7] = value;
    graph.setInitializer('w.grouped', { type: 'float32', dims: [16, 8, 3, 3], data: weights });
    // Shares of a network scale weights before they are decomposed; bounds on the error of a layer do not.
    for (const goal of [{ macs: 0.5 }, { beta: 0.1 }]) {
      await expect(compress(model, goal)).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        node: 'grouped',
        message: expect.stringContaining(`[2, 5, 2, 1] is ${value}.`) as string,
      });
    }
  });

  test('folds batch normalisations on demand', async () => {
    const model = network();
    const graph = new Graph(model);
    for (const name of ['scale', 'shift', 'mean', 'variance']) {
      graph.setInitializer(name, { type: 'float32', dims: [16], data: new Float32Array(16).fill(0.5) });
    }
    const normalization = makeNode({
      opType: 'BatchNormalization',
      input: ['plain.out', 'scale', 'shift', 'mean', 'variance'],
      output: ['normalized'],
    });
    const relu = graph.producer('relu')!;
    relu.input[0] = 'normalized';
    graph.replace(new Map([[relu, [normalization, relu]]]));
    const [kept, folded] = [
      await compress(model, { macs: 0.5 }),
      await compress(model, { macs: 0.5, foldBatchNorm: true }),
    ];
    const count = ({ model }: Compression) =>
      model.graph!.node.filter(({ opType }) => opType === 'BatchNormalization').length;
    expect([count(kept), count(folded)]).toEqual([1, 0]);
    // A budget weighs every output channel alike, so that the choice does not depend on it.
    expect(layerOf(folded, 'plain').g).toEqual(layerOf(kept, 'plain').g);
    const [a, b] = [await run(kept.model, feeds), await run(folded.model, feeds)];
    expect(relativeDifference(a['y']!, b['y']!)).toBeLessThan(1e-4);
  });

  test('reports progress and stops on a signal', async () => {
    const seen: unknown[] = [];
    const controller = new AbortController();
    const onProgress = (...progress: [number, number, string]) => {
      seen.push(progress);
      if (progress[0] === 2) controller.abort();
    };
    await expect(compress(network(), { macs: 0.5, signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(seen).toEqual([
      [1, 4, 'plain'],
      [2, 4, 'grouped'],
    ]);
  });

  const wrong: [string, CompressOptions, string][] = [
    ['no goal', {}, 'ARGUMENT_INVALID'],
    ['two goals', { macs: 0.5, beta: 1 }, 'ARGUMENT_INVALID'],
    ['a negative β', { beta: -1 }, 'ARGUMENT_INVALID'],
    ['a β that is NaN', { beta: NaN }, 'ARGUMENT_INVALID'],
    ['a share above 1', { error: 1.5 }, 'ARGUMENT_INVALID'],
    ['a text', { error: '0.5' as never }, 'ARGUMENT_INVALID'],
    ['a budget of 0', { macs: 0 }, 'BUDGET_OUT_OF_RANGE'],
    ['a budget above 1', { params: 35 }, 'BUDGET_OUT_OF_RANGE'],
    ['α of an unknown layer', { beta: 1, alpha: { nobody: [1] } }, 'ARGUMENT_INVALID'],
    ['α too short', { beta: 1, alpha: { plain: [1] } }, 'ARGUMENT_INVALID'],
    ['α below 0', { beta: 1, alpha: { plain: new Array<number>(16).fill(-1) } }, 'ARGUMENT_INVALID'],
    ['no threads', { beta: 1, threads: 0 }, 'ARGUMENT_INVALID'],
    ['a name that no layer has', { beta: 1, include: ['plane'] }, 'ARGUMENT_INVALID'],
    ['an expression that no layer matches', { beta: 1, include: [/^plane/] }, 'ARGUMENT_INVALID'],
    ['an excluded name that no layer has', { beta: 1, exclude: ['plane'] }, 'ARGUMENT_INVALID'],
  ];
  test.each(wrong)('%s is refused', async (_, options, code) => {
    await expect(compress(network(), options)).rejects.toMatchObject({ name: 'GdwsError', code });
  });

  test('a file that is not there is refused by its name', async () => {
    await expect(compress('/nowhere/model.onnx', { macs: 0.5 })).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      file: '/nowhere/model.onnx',
    });
  });
});

const models = path.join(__dirname, '../../../shared/models');
const present = fs.existsSync(models) ? fs.readdirSync(models).filter((file) => file.endsWith('.onnx')) : [];
if (present.length === 0) console.warn(`Compression of real networks is not tested: ${models} is not there.`);
(present.length > 0 ? describe : describe.skip)('real networks', () => {
  test.each(present)('%s keeps its budgets and runs in onnxruntime-node', async (file) => {
    const model = await readModel(path.join(models, file));
    const dims = new Graph(model)
      .declared(model.graph!.input[0]!.name)!
      .dims!.map((dim) => (typeof dim === 'number' ? dim : 1));
    const input = { [model.graph!.input[0]!.name]: { dims, data: noise(...dims).data as Float32Array } };
    const dense = Object.values(await run(model, input))[0]!;
    const differences: number[] = [];
    for (const share of [0.9, 0.4]) {
      const result = await compress(path.join(models, file), { macs: share });
      const { summary } = result;
      expect(summary.macs!.after).toBeLessThanOrEqual(share * summary.macs!.before);
      expect(summary.macs!.after).toBeGreaterThan((share - 0.02) * summary.macs!.before);
      differences.push(relativeDifference(Object.values(await run(result.bytes(), input))[0]!, dense));
    }
    expect(differences[0]).toBeLessThan(0.5);
    expect(differences[1]).toBeGreaterThan(differences[0]!);
  });
});
