import { native } from '../../src/addon/native';
import { maxPixels, sampledConvolution } from '../../src/calibrate/sampled-convolution';
import { ConstantPool, type NativeConstants } from '../../src/program/constant-pool';
import { encodeProgram } from '../../src/program/encode';
import { noActivation } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { ProgramWriter } from '../../src/program/program-writer';
import { floats } from '../graph/small-network';

const plain = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], activation: noActivation };

/** What differs from plain attributes; dims of the map, the weights and the result. */
const cases = [
  { given: { pads: [1, 1, 1, 1] }, map: [2, 3, 70, 90], weights: [4, 3, 3, 3], result: [2, 4, 70, 90] },
  {
    given: { groups: 3, strides: [2, 1], dilations: [1, 2], pads: [0, 2, 0, 2] },
    map: [1, 3, 141, 90],
    weights: [6, 1, 2, 3],
    result: [1, 6, 70, 90],
  },
  { given: { strides: [1, 2] }, map: [1, 2, 300, 41], weights: [2, 2, 1, 1], result: [1, 2, 300, 21] },
];

test.each(cases)(
  'a sample of a convolution is its result, a pixel of each part of the map: %j',
  async ({ given, map, weights, result }) => {
    const program = new Program();
    const writer = new ProgramWriter(program, { node: 'test', operator: 'Conv' });
    const pool = new ConstantPool();
    const constants: NativeConstants = new Map();
    const attributes = { ...plain, ...given };
    const [x, w] = [writer.input('float32', map), writer.input('float32', weights)];
    const whole = writer.emit('convolution', [x, w], result, attributes);
    const sampled = sampledConvolution(writer, { x, attributes, weights, result }, pool, constants);
    const dims = [...result.slice(0, 2), ...sampled.output];
    program.outputs.push(whole, writer.emit('convolution', [sampled.x, w], dims, sampled.attributes));
    const compiled = native()
      .createSession(1)
      .compile(encodeProgram(program), [...constants]);
    const feeds = [floats(map, 1).data, floats(weights, 2).data] as [Float32Array, Float32Array];
    const [y, z] = (await compiled.run(feeds).done).map((bytes) => new Float32Array(bytes)) as [
      Float32Array,
      Float32Array,
    ];

    const pixels = result[2]! * result[3]!;
    expect(sampled.output[0] * sampled.output[1]).toBe(Math.min(pixels, maxPixels));
    const planes = result[0]! * result[1]!;
    for (let part = 0; part < maxPixels; ++part) {
      const begin = Math.floor((part * pixels) / maxPixels);
      const end = Math.ceil(((part + 1) * pixels) / maxPixels);
      const places = Array.from({ length: end - begin }, (_, i) => begin + i).filter((place) =>
        Array.from({ length: planes }).every(
          (_, plane) => Math.abs(y[plane * pixels + place]! - z[plane * maxPixels + part]!) < 1e-4,
        ),
      );
      expect(places).toHaveLength(1);
    }
  },
);

test('a convolution of few pixels stays as it is', () => {
  const program = new Program();
  const writer = new ProgramWriter(program, { node: 'test', operator: 'Conv' });
  const x = writer.input('float32', [1, 2, 64, 64]);
  const attributes = { ...plain, pads: [1, 1, 1, 1] };
  const whole = { x, attributes, weights: [2, 2, 3, 3], result: [1, 2, 64, 64] };
  const sampled = sampledConvolution(writer, whole, new ConstantPool(), new Map());
  expect(sampled).toEqual({ x, attributes, output: [64, 64] });
  expect(program.operations).toHaveLength(0);
});
