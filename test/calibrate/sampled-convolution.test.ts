import { mostPixels, sampledConvolution } from '../../src/calibrate/sampled-convolution';
import { ConstantPool, type NativeConstants } from '../../src/program/constant-pool';
import { activationCode } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { ProgramWriter } from '../../src/program/program-writer';
import { native } from '../../src/native';
import { floats } from '../graph/small-network';

/** ints of a convolution without its activation; dims of its map, weights and result */
const cases = [
  { ints: [1, 1, 1, 1, 1, 1, 1, 1, 1], map: [2, 3, 70, 90], weights: [4, 3, 3, 3], result: [2, 4, 70, 90] },
  { ints: [3, 2, 1, 1, 2, 0, 2, 0, 2], map: [1, 3, 141, 90], weights: [6, 1, 2, 3], result: [1, 6, 70, 90] },
  { ints: [1, 1, 2, 1, 1, 0, 0, 0, 0], map: [1, 2, 300, 41], weights: [2, 2, 1, 1], result: [1, 2, 300, 21] },
];

test.each(cases)('a sample of a convolution is its result, a pixel of each part of the map: %j', async (one) => {
  const { map, weights, result } = one;
  const program = new Program();
  const writer = new ProgramWriter(program, { node: 'test', operator: 'Conv' });
  const pool = new ConstantPool();
  const constants: NativeConstants = new Map();
  const ints = [...one.ints, activationCode('none')];
  const [x, w] = [writer.input('float32', map), writer.input('float32', weights)];
  const whole = writer.emit('convolution', [x, w], result, ints, [0, 0]);
  const sampled = sampledConvolution(writer, { ints }, x, { weights, result }, pool, constants);
  const dims = [...result.slice(0, 2), ...sampled.output];
  program.outputs.push(whole, writer.emit('convolution', [sampled.x, w], dims, [...sampled.ints], [0, 0]));
  const compiled = native().createSession(1).compile(program.encode(), [...constants]);
  const given = [floats(map, 1).data, floats(weights, 2).data] as [Float32Array, Float32Array];
  const [y, z] = (await compiled.run(given).done).map((bytes) => new Float32Array(bytes)) as [
    Float32Array,
    Float32Array,
  ];

  const pixels = result[2]! * result[3]!;
  expect(sampled.output[0] * sampled.output[1]).toBe(Math.min(pixels, mostPixels));
  const planes = result[0]! * result[1]!;
  for (let part = 0; part < mostPixels; ++part) {
    const begin = Math.floor((part * pixels) / mostPixels);
    const end = Math.ceil(((part + 1) * pixels) / mostPixels);
    const places = Array.from({ length: end - begin }, (_, i) => begin + i).filter((place) =>
      Array.from({ length: planes }).every(
        (_, plane) => Math.abs(y[plane * pixels + place]! - z[plane * mostPixels + part]!) < 1e-4,
      ),
    );
    expect(places).toHaveLength(1);
  }
});

test('a convolution of few pixels stays as it is', () => {
  const program = new Program();
  const writer = new ProgramWriter(program, { node: 'test', operator: 'Conv' });
  const x = writer.input('float32', [1, 2, 64, 64]);
  const ints = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
  const dims = { weights: [2, 2, 3, 3], result: [1, 2, 64, 64] };
  const sampled = sampledConvolution(writer, { ints }, x, dims, new ConstantPool(), new Map());
  expect(sampled).toEqual({ x, ints, output: [64, 64] });
  expect(program.operations).toHaveLength(0);
});
