import { native, type NumberedConstant } from '../../src/addon/native';
import { nativeTypes } from '../../src/program/element-type';
import { encodeProgram } from '../../src/program/encode';
import { noActivation, operationOf, type Attributes, type OpcodeName } from '../../src/program/operation';
import { Program } from '../../src/program/program';

// Packed weights are shared by all that packs the same constant in the same way. Programs that see one constant under
// several shapes tell whether "the same way" is taken seriously: the reference kernels pack nothing.

interface Layer<Opcode extends OpcodeName> {
  readonly opcode: Opcode;
  /** Of one image. */
  readonly from: readonly [number, number, number];
  readonly to: readonly [number, number, number];
  /** Dims of each constant that the layer reads. */
  readonly weights: readonly (readonly number[])[];
  readonly attributes: Attributes<Opcode>;
}

const float32 = nativeTypes.indexOf('float32');

/** Multiples of 1/8 from -1 to 1: products and sums of them are exact, or nearly so after a transform. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => (((i * 7 + seed * 5) % 17) - 8) / 8);

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

function programOf<Opcode extends OpcodeName>(layers: readonly Layer<Opcode>[]): Program {
  const program = new Program();
  layers.forEach(({ opcode, from, to, weights, attributes }, index) => {
    const x = program.addValue({ type: 'float32', dims: [1, ...from], storage: 'input', index });
    const constants = weights.map((dims, i) =>
      program.addValue({ type: 'float32', dims: [...dims], storage: 'constant', index: i }),
    );
    const y = program.addValue({ type: 'float32', dims: [1, ...to], storage: 'temporary', index: -1 });
    program.inputs.push(x);
    program.outputs.push(y);
    const origin = { node: `layer ${index}`, operator: opcode };
    program.operations.push(operationOf(opcode, [x, ...constants], [y], origin, attributes));
  });
  return program;
}

function run<Opcode extends OpcodeName>(layers: readonly Layer<Opcode>[], kernel: string) {
  const constants = layers[0]!.weights.map((dims, i): NumberedConstant => [
    i,
    { type: float32, data: numbers(product(dims), i + 1) },
  ]);
  const program = native()
    .createSession(1, kernel)
    .compile(encodeProgram(programOf(layers)), constants);
  const results = program.runSync(layers.map(({ from }, i) => numbers(product(from), i + 3)));
  return { kernels: program.kernels, results: results.map((bytes) => new Float32Array(bytes)) };
}

function expectLikeReference<Opcode extends OpcodeName>(layers: readonly Layer<Opcode>[], kernel: string) {
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

/** Of a 3×3 window that keeps the map's size. */
const same = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], activation: noActivation };

describe('packed weights', () => {
  test.each(['gdws.winograd2', 'gdws.winograd4', 'gdws.fused'])(
    'of %s are not shared by layers that give channels other numbers of kernels',
    (kernel) => {
      const weights = [
        [12, 1, 3, 3],
        [4, 12, 1, 1],
      ];
      const layer = (kernels: readonly number[]): Layer<'gdws'> => ({
        opcode: 'gdws',
        from: [kernels.length, 16, 16],
        to: [4, 16, 16],
        weights,
        attributes: { ...same, kernels },
      });
      expectLikeReference([layer([8, 4]), layer([4, 8]), layer([3, 3, 3, 3])], kernel);
    },
  );

  test.each(['convolution.winograd2', 'convolution.winograd4', 'convolution.product'])(
    'of %s are not shared by layers of other numbers of channels',
    (kernel) => {
      const layer = (outputs: number, channels: number): Layer<'convolution'> => ({
        opcode: 'convolution',
        from: [channels, 16, 16],
        to: [outputs, 16, 16],
        weights: [[outputs, channels, 3, 3]],
        attributes: same,
      });
      expectLikeReference([layer(4, 2), layer(2, 4), layer(1, 8)], kernel);
    },
  );

  test('of a transposed convolution are not shared by layers of other kernel sizes', () => {
    const layer = (kernelHeight: number, kernelWidth: number): Layer<'convolutionTranspose'> => ({
      opcode: 'convolutionTranspose',
      from: [3, 5, 5],
      to: [2, 8 + kernelHeight, 8 + kernelWidth],
      weights: [[3, 2, kernelHeight, kernelWidth]],
      attributes: { ...same, strides: [2, 2], pads: [0, 0, 0, 0] },
    });
    expectLikeReference([layer(2, 4), layer(4, 2)], 'convolutionTranspose.product');
  });

  test('belong to constants that keep their size in all programs of a session', () => {
    const session = native().createSession(1);
    const compile = (channels: number) => {
      const dims = [channels, 1, 1] as const;
      const attributes = { function: 'add', activation: noActivation } as const;
      const program = programOf([{ opcode: 'binary', from: dims, to: dims, weights: [dims], attributes }]);
      return session.compile(encodeProgram(program), [[0, { type: float32, data: numbers(channels, 1) }]]);
    };
    const program = compile(4);
    expect(() => compile(4)).not.toThrow();
    expect(() => compile(4000)).toThrow(/constant 0 .* 4000 .* 4 /);
    expect(program.runSync([new Float32Array(4)])).toHaveLength(1);
  });
});
