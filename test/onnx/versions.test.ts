import { InferenceSession as Oracle } from 'onnxruntime-node';
import { compress, GradientSession, InferenceSession } from '../../src';
import { describeModel } from '../../src/cli/description';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { decodeModel } from '../../src/onnx/read';
import { newestIrVersion, newestOperatorSet } from '../../src/onnx/versions';
import { encodeModel } from '../../src/onnx/write';
import { Random } from '../operators/random';
import { refusal } from './refusal';

/** A network that says it is of these versions. */
function networkOf(irVersion: number, operatorSet: number): Uint8Array {
  const random = new Random(1);
  const model = makeModel({
    nodes: [
      makeNode({ opType: 'Conv', name: 'layer', input: ['x', 'w'], output: ['map'] }),
      makeNode({ opType: 'Flatten', input: ['map'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [1, 8, 3, 3])],
    outputs: [makeValueInfo('y', 'float32', [1, 16])],
    initializers: { w: random.floats([16, 8, 3, 3]) },
    opset: operatorSet,
  });
  model.irVersion = BigInt(irVersion);
  return encodeModel(model);
}

const runsInOnnxruntime = async (bytes: Uint8Array) => {
  try {
    await (await Oracle.create(bytes, { logSeverityLevel: 4 })).release();
    return true;
  } catch {
    return false;
  }
};

test('the newest versions run, as in onnxruntime', async () => {
  const bytes = networkOf(newestIrVersion, newestOperatorSet);
  expect(await runsInOnnxruntime(bytes)).toBe(true);
  await (await InferenceSession.create(bytes)).release();
  expect(describeModel(new Graph(decodeModel(bytes))).runs).toBe(true);
});

const openers: readonly ((bytes: Uint8Array) => Promise<unknown>)[] = [
  (bytes) => InferenceSession.create(bytes),
  (bytes) => GradientSession.create(bytes),
];

const newer = [
  { title: 'the next IR version', bytes: networkOf(newestIrVersion + 1, 17), names: ['IR version 14', '13'] },
  { title: 'the next operator set', bytes: networkOf(8, newestOperatorSet + 1), names: ['operator set 27', '26'] },
  { title: 'IR version 99', bytes: networkOf(99, 17), names: ['IR version 99', '13'] },
  { title: 'operator set 99', bytes: networkOf(8, 99), names: ['operator set 99', '26'] },
];

test.each(newer)(
  '$title is refused by sessions, as by onnxruntime, and can be compressed',
  async ({ bytes, names }) => {
    expect(await runsInOnnxruntime(bytes)).toBe(false);
    for (const open of openers) {
      const [found, known] = names;
      await expect(open(bytes)).rejects.toThrow(
        refusal({
          code: 'OPERATOR_UNSUPPORTED',
          summary: expect.stringMatching(new RegExp(`${found}; the newest .* ${known}\\.`)) as string,
          remedy: expect.stringContaining('opset_version') as string,
        }),
      );
    }
    expect(describeModel(new Graph(decodeModel(bytes))).runs).toBe(false);
    const { irVersion, opsetImport } = decodeModel(bytes);
    const { model } = await compress(bytes, { params: 0.9, firstLayer: true });
    expect(model.irVersion).toBe(irVersion);
    expect(model.opsetImport[0]!.version).toBe(opsetImport[0]!.version);
  },
);
