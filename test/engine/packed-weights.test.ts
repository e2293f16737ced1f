import { Program } from '../../src/program/program';
import { type OpcodeName } from '../../src/program/operation';
import { native, type NumberedConstant } from '../../src/native';
import { nativeTypes } from '../../src/program/element-type';

// Packed weights are shared by all that packs the same constant in the same way. Programs that see one constant under
// several shapes tell whether "the same way" is taken seriously: the reference kernels pack nothing.

interface Layer {
  readonly opcode: OpcodeName;
  /** Of one image. */
  readonly from: readonly [number, number, number];
  readonly to: readonly [number, number, number];
  /** Dims of each constant that the layer reads. */
  readonly weights: readonly (readonly number[])[];
  readonly ints: readonly number[];
}

const float32 = nativeTypes.indexOf('float32');

/** Multiples of 1/8 from -1 to 1: products and sums of them are exact, or nearly so after a transform. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => (((i * 7 + seed * 5) % 17) - 8) / 8);

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

function programOf(layers: readonly Layer[]): Program {
  const program = new Program();
  layers.forEach(({ opcode, from, to, weights, ints }, index) => {
    const x = program.addValue({ type: 'float32', dims: [1, ...from], storage: 'input', index });
    const constants = weights.map((dims, i) =>
      program.addValue({ type: 'float32', dims: [...dims], storage: 'constant', index: i }),
    );
    const y = program.addValue({ type: 'float32', dims: [1, ...to], storage: 'temporary', index: -1 });
    program.inputs.push(x);
    program.outputs.push(y);
    const origin = { node: `layer ${index}`, operator: opcode };
    program.operations.push({
      opcode,
      inputs: [x, ...constants],
      outputs: [y],
      ints: [...ints],
      floats: [0, 0],
      origin,
    });
  });
  return program;
}

function run(layers: readonly Layer[], kernel: string) {
  const constants = layers[0]!.weights.map((dims, i): NumberedConstant => [
    i,
    { type: float32, data: numbers(product(dims), i + 1) },
  ]);
  const program = native().createSession(1, kernel).compile(programOf(layers).encode(), constants);
  const results = program.runSync(layers.map(({ from }, i) => numbers(product(from), i + 3)));
  return { kernels: program.kernels, results: results.map((bytes) => new Float32Array(bytes)) };
}

function expectLikeReference(layers: readonly Layer[], kernel: string) {
  const { kernels, results } = run(layers, kernel);
  expect(kernels).toEqual(layers.map(() => kernel));
  const reference = run(layers, 'reference').results;
  results.forEach((result, layer) => {
    const expected = reference[layer]!;
    const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const difference = result.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0);
    expect(difference).toBeLessThan(1e-4 * largest);
  });
}

/** Groups, strides, dilations, pads and no activation of a 3×3 window that keeps the map's size. */
const same = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];

describe('packed weights', () => {
  test.each(['gdws.winograd2', 'gdws.winograd4', 'gdws.fused'])(
    'of %s are not shared by layers that give channels other numbers of kernels',
    (kernel) => {
      const weights = [
        [12, 1, 3, 3],
        [4, 12, 1, 1],
      ];
      const layer = (kernelsOf: readonly number[]): Layer => ({
        opcode: 'gdws',
        from: [kernelsOf.length, 16, 16],
        to: [4, 16, 16],
        weights,
        ints: [...same, ...kernelsOf],
      });
      expectLikeReference([layer([8, 4]), layer([4, 8]), layer([3, 3, 3, 3])], kernel);
    },
  );

  test.each(['convolution.winograd2', 'convolution.winograd4', 'convolution.product'])(
    'of %s are not shared by layers of other numbers of channels',
    (kernel) => {
      const layer = (outputs: number, channels: number): Layer => ({
        opcode: 'convolution',
        from: [channels, 16, 16],
        to: [outputs, 16, 16],
        weights: [[outputs, channels, 3, 3]],
        ints: same,
      });
      expectLikeReference([layer(4, 2), layer(2, 4), layer(1, 8)], kernel);
    },
  );

  test('of a transposed convolution are not shared by layers of other kernel sizes', () => {
    const layer = (kernelHeight: number, kernelWidth: number): Layer => ({
      opcode: 'convolutionTranspose',
      from: [3, 5, 5],
      to: [2, 8 + kernelHeight, 8 + kernelWidth],
      weights: [[3, 2, kernelHeight, kernelWidth]],
      ints: [1, 2, 2, 1, 1, 0, 0, 0, 0, 0],
    });
    expectLikeReference([layer(2, 4), layer(4, 2)], 'convolutionTranspose.product');
  });

  test('belong to constants that keep their size in all programs of a session', () => {
    const session = native().createSession(1);
    const compile = (channels: number) =>
      session.compile(
        programOf([
          { opcode: 'binary', from: [channels, 1, 1], to: [channels, 1, 1], weights: [[channels, 1, 1]], ints: [0, 0] },
        ]).encode(),
        [[0, { type: float32, data: numbers(channels, 1) }]],
      );
    const program = compile(4);
    expect(() => compile(4)).not.toThrow();
    expect(() => compile(4000)).toThrow(/constant 0 .* 4000 .* 4 /);
    expect(program.runSync([new Float32Array(4)])).toHaveLength(1);
  });
});
