import type { LayerFigures, LayerRow } from '../../benchmarks/layers/figures';
import { rooflineSvg } from '../../benchmarks/layers/roofline';

const row = (kernel: string, batch: number, threads: number, gflops: number): LayerRow => ({
  layer: `3×3 batch ${batch}`,
  opcode: 'convolution',
  batch,
  threads,
  networks: { one: 1 },
  operations: 8e6,
  bytes: 1e6,
  kernel,
  microseconds: { minimum: 1, lowerQuartile: 1, median: 1, upperQuartile: 1 },
  gflops,
  shareOfPeak: gflops / 100,
});

const figures: LayerFigures = {
  machine: {
    processor: 'A <processor>',
    cores: 2,
    memoryGiB: 8,
    instructionSet: 'avx2',
    system: 'Linux',
    node: 'v20',
    gdws: '0',
    onnxruntime: '0',
    load: 0,
  },
  weights: 'cold',
  limits: [
    {
      threads: 1,
      gflops: 100,
      byteGops: 4 * 100,
      memories: [{ memory: 'L2', bytes: 2 ** 20, gigabytesPerSecond: 50 }],
    },
    {
      threads: 2,
      gflops: 200,
      byteGops: 4 * 200,
      memories: [{ memory: 'L2', bytes: 2 ** 21, gigabytesPerSecond: 97 }],
    },
  ],
  rows: [row('convolution.a', 1, 1, 80), row('convolution.b', 1, 1, 40), row('convolution.a', 16, 2, 170)],
};

test('a roofline plot names limits, kernels and panels, and escapes what it writes', () => {
  const svg = rooflineSvg(figures);
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  for (const text of [
    'L2 50 GB/s',
    '200 GFLOP/s',
    'convolution.a',
    'convolution.b',
    '1 thread, batch 1',
    '3×3 batch 16',
  ]) {
    expect(svg).toContain(`>${text}</text>`);
  }
  expect(svg).toContain('A &lt;processor&gt;');
  expect(svg).not.toContain('NaN');
});

test('a kernel that is twice as fast stands higher', () => {
  // Where the names of the two points stand, which is right below them.
  const heights = (rows: LayerRow[]): number[] =>
    [
      ...rooflineSvg({ ...figures, limits: [figures.limits[0]!], rows }).matchAll(
        /<text [^>]*translate\(\S+ (\S+)\)[^>]*>3×3/g,
      ),
    ].map(([, height]) => Number(height));
  const [high, low] = heights([row('convolution.a', 1, 1, 80), row('convolution.b', 1, 1, 40)]);
  expect(high).toBeLessThan(low!);
});
