import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { compress, GradientSession, InferenceSession } from '../../src';
import { inferValues } from '../../src/analysis/infer';
import { simplify } from '../../src/analysis/simplify';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { temporaryFolder } from '../onnx/temporary-folder';

const folder = temporaryFolder();
const windows = process.platform === 'win32';
const openers: readonly [string, (file: string) => Promise<unknown>][] = [
  ['InferenceSession', (file) => InferenceSession.create(file)],
  ['GradientSession', (file) => GradientSession.create(file)],
  ['compress', (file) => compress(file, { params: 0.5 })],
];

describe.each(openers)('%s', (name, open) => {
  const own = (file: string) => folder.file(`${name}-${file}`);

  test('refuses a sparse file of 100 GB before it is read', async () => {
    fs.writeFileSync(own('sparse.onnx'), '');
    fs.truncateSync(own('sparse.onnx'), 100e9);
    await expect(open(own('sparse.onnx'))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', file: own('sparse.onnx') });
  });

  test('refuses an empty file, a folder and nothing', async () => {
    fs.writeFileSync(own('empty.onnx'), '');
    fs.mkdirSync(own('folder'));
    for (const file of ['empty.onnx', 'folder', 'missing.onnx', 'a\0b']) {
      await expect(open(own(file))).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' });
    }
  });

  (windows ? test.skip : test)('waits for no pipe, and reads no device', async () => {
    execFileSync('mkfifo', [own('pipe')]);
    fs.symlinkSync('/dev/zero', own('zeros'));
    for (const file of ['pipe', 'zeros']) {
      await expect(open(own(file))).rejects.toMatchObject({ code: 'MODEL_UNREADABLE', file: own(file) });
    }
  });
});

/** y = x + w, with w in another file. */
function externalModel(location: string): Uint8Array {
  const model = makeModel({
    nodes: [makeNode({ opType: 'Add', input: ['x', 'w'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
    initializers: { w: { type: 'float32', dims: [4], data: new Float32Array(4) } },
  });
  const [tensor] = model.graph!.initializer;
  tensor!.rawData = new Uint8Array();
  tensor!.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor!.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
  return encodeModel(model);
}

describe('weights beside a model', () => {
  test('that are a sparse file of 100 TB are refused before they are read', async () => {
    fs.writeFileSync(folder.file('beside.onnx'), externalModel('sparse.bin'));
    fs.writeFileSync(folder.file('sparse.bin'), '');
    fs.truncateSync(folder.file('sparse.bin'), 15e12);
    await expect(InferenceSession.create(folder.file('beside.onnx'))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      tensor: 'w',
    });
  });

  (windows ? test.skip : test)('are those that were checked, though a link is swapped meanwhile', async () => {
    fs.mkdirSync(folder.file('swapped'));
    fs.writeFileSync(folder.file('swapped', 'model.onnx'), externalModel('link.bin'));
    fs.writeFileSync(folder.file('swapped', 'inside.bin'), new Uint8Array(16));
    fs.writeFileSync(folder.file('secret.bin'), new Uint8Array(16).fill(255));
    const swap = (target: string) => {
      fs.symlinkSync(target, folder.file('swapped', 'next'));
      fs.renameSync(folder.file('swapped', 'next'), folder.file('swapped', 'link.bin'));
    };
    const { open } = fs.promises;
    let opened = 0;
    const spied = jest.spyOn(fs.promises, 'open').mockImplementation((...given) => {
      // Between the check of the weights and their opening, and back again once they are open.
      const isWeights = String(given[0]).endsWith('.bin');
      if (isWeights) opened++;
      return isWeights ? open(folder.file('secret.bin'), given[1], given[2]) : open(...given);
    });
    try {
      swap('inside.bin');
      await expect(InferenceSession.create(folder.file('swapped', 'model.onnx'))).rejects.toMatchObject({
        code: 'EXTERNAL_DATA',
        tensor: 'w',
      });
      expect(opened).toBe(1);
    } finally {
      spied.mockRestore();
    }
    await expect(InferenceSession.create(folder.file('swapped', 'model.onnx'))).resolves.toBeDefined();
    swap('../secret.bin');
    await expect(InferenceSession.create(folder.file('swapped', 'model.onnx'))).rejects.toMatchObject({
      code: 'EXTERNAL_DATA',
    });
  });
});

test('a chain of 100,000 nodes is read, simplified, inferred and compiled: nothing recurses by their number', async () => {
  const length = 100_000;
  const nodes = Array.from({ length }, (_, i) =>
    makeNode({
      opType: i % 2 === 0 ? 'Relu' : i % 4 === 1 ? 'Identity' : 'Exp',
      input: [i === 0 ? 'x' : `t${i - 1}`],
      output: [i === length - 1 ? 'y' : `t${i}`],
    }),
  );
  const parts = { inputs: [makeValueInfo('x', 'float32', [2])], outputs: [makeValueInfo('y', 'float32', [2])] };
  const bytes = encodeModel(makeModel({ nodes: nodes.reverse(), ...parts }));
  const graph = new Graph(decodeModel(bytes));
  simplify(graph);
  expect(graph.nodes).toHaveLength(75_000);
  expect(inferValues(graph).get('y')!.dims).toEqual([2]);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  await session.release();
});
