import fs from 'node:fs';
import { clone } from '@bufbuild/protobuf';
import { compress, InferenceSession, type ImageSet, type Tensor } from '../../src';
import { Graph } from '../../src/graph/graph';
import { makeValueInfo } from '../../src/onnx/make';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { images, more, network } from './subjects';

const inputShapes = { x: [1, 3, 9, 9] };

/** What tensors inside a model are for the images. */
async function inside(source: ModelProto, names: readonly string[], set: ImageSet): Promise<Record<string, Tensor>> {
  const model = clone(ModelProtoSchema, source);
  const open = ['n', 'c', 'h', 'w'];
  const given = new Set(model.graph!.output.map(({ name }) => name));
  model.graph!.output.push(
    ...names.filter((name) => !given.has(name)).map((name) => makeValueInfo(name, 'float32', open)),
  );
  const session = await InferenceSession.create(encodeModel(model));
  const [input] = session.inputNames;
  const results = await session.run({ [input!]: set.batch(0, set.length).images });
  await session.release();
  return results;
}

/** Rows of a map (N, C, H, W) by channel. */
function byChannel({ data, dims }: Tensor): Float64Array[] {
  const [images = 0, channels = 0, height = 0, width = 0] = dims;
  const pixels = height * width;
  return Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length: images * pixels }, (_, i) =>
      Number(data[(Math.floor(i / pixels) * channels + c) * pixels + (i % pixels)]),
    ),
  );
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('the refit in order', () => {
  test('leaves nothing of the dense outputs that the features of the compressed network could explain', async () => {
    const dense = await readModel(network);
    const { model, summary } = await compress(network, {
      macs: 0.6,
      inputShapes,
      calibration: { images: more, batchSize: 4, ridge: 1e-7, shrinkage: 0 },
    });
    const graph = new Graph(model);
    const layers = summary.layers.filter(({ status }) => status === 'gdws');
    expect(layers.length).toBeGreaterThan(1);
    expect(layers.every(({ calibrated }) => calibrated)).toBe(true);
    for (const { name } of layers) {
      const pointwise = graph.nodes.find((node) => node.name === `${name}/pointwise`)!;
      const [filtered, weights, bias] = pointwise.input as [string, string, string?];
      const y = byChannel((await inside(dense, [pointwise.output[0]!], more))[pointwise.output[0]!]!);
      const z = byChannel((await inside(model, [filtered], more))[filtered]!);
      const p = graph.constant(weights)!.data as Float32Array;
      const b = bias ? (graph.constant(bias)!.data as Float32Array) : undefined;
      const features = p.length / y.length;
      y.forEach((row, m) => {
        const first = Math.floor((m * z.length) / y.length / features) * features;
        const own = z.slice(first, first + features);
        const left = row.map(
          (value, i) => value - (b?.[m] ?? 0) - own.reduce((sum, one, k) => sum + p[m * features + k]! * one[i]!, 0),
        );
        for (const feature of own) {
          const scale = Math.sqrt(dot(row, row) * dot(feature, feature));
          expect(Math.abs(dot(left, feature))).toBeLessThan(2e-4 * scale + 1e-9);
        }
      });
    }
  });

  test('changes by rounding only with the size of batches and the threads', async () => {
    const outputs = await Promise.all(
      [
        { batchSize: 1, threads: 1 },
        { batchSize: 4, threads: 2 },
        { batchSize: 11, threads: 1 },
      ].map(async ({ batchSize, threads }) => {
        const calibration = { images: more, batchSize };
        const { model } = await compress(network, { macs: 0.6, threads, inputShapes, calibration });
        const [name] = model.graph!.output.map((output) => output.name);
        return (await inside(model, [], images))[name!]!.data as Float32Array;
      }),
    );
    const scale = outputs[0]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const other of outputs.slice(1)) {
      other.forEach((value, i) => expect(Math.abs(value - outputs[0]![i]!)).toBeLessThan(2e-3 * scale));
    }
  });

  test('is the same again for the same seed', async () => {
    const calibration = { images: more, seed: 5 };
    const [a, b] = [1, 2].map(() => compress(network, { macs: 0.6, inputShapes, calibration }));
    expect(Buffer.from((await a!).bytes()).equals(Buffer.from((await b!).bytes()))).toBe(true);
  });

  test('with all of the budget the network stays as it is', async () => {
    const compressed = await compress(network, { macs: 1, inputShapes, calibration: { images: more } });
    expect(compressed.summary.layers.every(({ status }) => status === 'dense')).toBe(true);
    expect(compressed.bytes().length).toBeGreaterThan(0.9 * fs.statSync(network).size);
  });
});
