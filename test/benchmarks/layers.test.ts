import { LayerCollection } from '../../benchmarks/layers/collect';
import { bytesOf, nameOf, operationsOf, weightBytesOf, type Layer } from '../../benchmarks/layers/layer';
import { layerProgram } from '../../benchmarks/layers/layer-program';
import { measureLayer } from '../../benchmarks/layers/measure';
import { layerTable } from '../../benchmarks/layers/table';
import { networks } from '../../benchmarks/networks';
import { quantize } from '../../benchmarks/quantized/quantize';
import { native } from '../../src/addon/native';
import { noActivation } from '../../src/program/operation';

function layersOf(kernels: number | undefined, batch = 1) {
  const network = networks['resnet18-cifar']({ width: 1 / 16, kernels });
  const collection = new LayerCollection();
  collection.add('resnet', network, batch);
  return { network, layers: collection.layers };
}

const floats = <const Dims extends readonly number[]>(...dims: Dims) => ({ type: 'float32', dims }) as const;

const convolution = {
  opcode: 'convolution',
  inputs: [floats(2, 4, 8, 8), floats(6, 4, 3, 3), floats(6), floats(2, 6, 4, 4)],
  output: floats(2, 6, 4, 4),
  attributes: { groups: 1, strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], activation: noActivation },
} as const satisfies Layer;

describe('the layers of a network', () => {
  test.each([undefined, 1, 2])('have all its multiply-accumulates (kernels a channel: %s)', (kernels) => {
    const batch = 3;
    const { network, layers } = layersOf(kernels, batch);
    let operations = 0;
    for (const { layer, counts } of layers) operations += operationsOf(layer) * counts.get('resnet')!;
    expect(operations).toBe(2 * batch * network.macs);
  });

  test('are counted once each, named by what they are', () => {
    const { layers } = layersOf(2);
    const counts = Object.fromEntries(layers.map(({ layer, counts }) => [nameOf(layer), counts.get('resnet')]));
    expect(Object.keys(counts)).toHaveLength(layers.length);
    expect(counts).toMatchObject({
      '3×3 3→4 32×32': 1,
      'gdws g=2 3×3 4→4 32×32': 4,
      'gdws g=2 3×3 /2 4→8 32×32': 1,
      '1×1 /2 4→8 32×32': 1,
      'matmul 1×32→10': 1,
    });
  });
});

describe('the layers of a quantized network', () => {
  async function quantizedLayers(kernels: number | undefined) {
    const { model, input, macs } = networks['resnet18-cifar']({ width: 1 / 16, kernels });
    const collection = new LayerCollection();
    collection.add('resnet', { model: await quantize(model), input }, 1);
    return { macs, layers: collection.layers };
  }

  test.each([undefined, 2])('have all its multiply-accumulates (kernels a channel: %s)', async (kernels) => {
    const { macs, layers } = await quantizedLayers(kernels);
    const operations = layers.map(({ layer, counts }) => operationsOf(layer) * counts.get('resnet')!);
    expect(operations.reduce((sum, one) => sum + one)).toBe(2 * macs);
  });

  test('are timed against the peak of bytes', async () => {
    const { layers } = await quantizedLayers(2);
    const { layer } = layers.find(({ layer: { opcode } }) => opcode === 'integerGdws')!;
    expect(nameOf(layer)).toBe('int8 gdws g=2 3×3 4→4 32×32');
    const [row] = await measureLayer(layer, { threads: 1, weights: 'cold', budget: 0.01 });
    expect(row!.kernel).toBe('integerGdws.fused');
    expect(row!.shareOfPeak).toBeGreaterThan(0);
  });
});

test('bytes are of every operand once', () => {
  expect(weightBytesOf(convolution)).toBe(4 * (6 * 4 * 9 + 6));
  expect(bytesOf(convolution)).toBe(4 * (2 * 4 * 64 + 6 * 4 * 9 + 6 + 2 * (2 * 6 * 16)));
});

test('a program repeats its layer on several sets of weights', () => {
  const { words, constants } = layerProgram(convolution, 2, 5);
  // x and the residual once, weights and bias twice.
  expect(constants.size).toBe(6);
  const program = native()
    .createSession(1, 'convolution.product')
    .compile(words, [...constants]);
  expect(program.kernels).toEqual(Array(5).fill('convolution.product'));
  expect(program.runSync([])).toEqual([]);
});

describe('a measurement', () => {
  const options = { threads: 1, weights: 'cold', budget: 0.01 } as const;

  test('times every kernel of the table that can run the layer, but no reference', async () => {
    const depthwise = {
      ...convolution,
      inputs: [floats(2, 4, 8, 8), floats(4, 1, 3, 3)],
      output: floats(2, 4, 4, 4),
      attributes: { ...convolution.attributes, groups: 4 },
    };
    const rows = await measureLayer(depthwise, options);
    expect(rows.map(({ kernel }) => kernel)).toEqual(
      expect.arrayContaining(['convolution.depthwise', 'convolution.product']),
    );
    expect(rows.map(({ kernel }) => kernel)).not.toContain('convolution.reference');
    for (const { microseconds, gflops } of rows) {
      expect(gflops).toBeCloseTo((2 * 2 * 16 * 36) / microseconds.median / 1e3, 9);
    }
    // A dense convolution is none of the depthwise kernel's.
    const dense = await measureLayer(convolution, options);
    expect(dense.map(({ kernel }) => kernel)).not.toContain('convolution.depthwise');
  });

  test('times a reference where it is asked for, and shows it', async () => {
    const rows = await measureLayer(convolution, { ...options, kernel: 'convolution.reference' });
    expect(rows).toHaveLength(1);
    const row = {
      layer: nameOf(convolution),
      opcode: 'convolution',
      batch: 2,
      threads: 1,
      networks: { one: 3, two: 4 },
    };
    const cost = { operations: operationsOf(convolution), bytes: bytesOf(convolution) };
    expect(layerTable([{ ...row, ...cost, ...rows[0]! }])).toMatch(/3×3 \/2 4→6 8×8 +│ +7 │ convolution\.reference/);
  });
});

describe('the limits of the processor', () => {
  test('are counted over all threads', () => {
    expect(native().multiplyAdds(2, 100)).toBe(2 * native().multiplyAdds(1, 100));
    expect(native().multiplyAdds(1, 300)).toBe(3 * native().multiplyAdds(1, 100));
    expect(native().multiplyAddsOfBytes(2, 300)).toBe(6 * native().multiplyAddsOfBytes(1, 100));
  });

  test('read all of the memory', () => {
    const memory = Float32Array.from({ length: 1003 }, (_, index) => index);
    expect(native().readMemory(1, memory, 1)).toBe((1003 * 1002) / 2);
    expect(native().readMemory(2, memory, 3)).toBe((3 * 1003 * 1002) / 2);
  });

  test('refuse what is no count', () => {
    expect(() => native().multiplyAdds(0, 1)).toThrow('count');
    expect(() => native().readMemory(1, new Float32Array(4), -1)).toThrow('count');
  });
});
