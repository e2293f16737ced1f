import path from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import { Tensor } from 'onnxruntime-common';
import { thrownMessages } from '../../scripts/docs/thrown-messages';
import { GdwsError } from '../../src/base/errors';
import { InferenceSession } from '../../src/engine/session';
import { GradientSession } from '../../src/gradient/gradient-session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  SparseTensorProtoSchema,
  TypeProtoSchema,
  type ModelProto,
} from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { elementCount, type DataType } from '../../src/onnx/value';
import { newestIrVersion, newestOperatorSet } from '../../src/onnx/versions';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { maxValueElements } from '../../src/operators/value-limit';
import { titleOf, type Case, type CaseInput } from './case';
import { feedsOf, modelOf } from './oracle';

// Every text with which gdws refuses what it does not support has a model here that meets it.

/** A model that is refused when a session is made; where only the run tells, with what it is fed. */
interface Refused {
  readonly title: string;
  readonly model: Uint8Array;
  readonly feeds?: Record<string, Tensor>;
  /** Whether only a session for gradients refuses it. */
  readonly isDifferentiated?: true;
}

const filled = (type: DataType, dims: readonly number[], value = 0): CaseInput => ({
  ...constantOf(type, dims, new Array<number>(elementCount(dims)).fill(value)),
});
const x = (...dims: number[]) => filled('float32', dims);
const known = (type: DataType, dims: readonly number[], value: number): CaseInput => ({
  ...filled(type, dims, value),
  known: true,
});
const ones = (rank: number) => new Array<number>(rank).fill(1);

/** More than the values of which would be computed before the run. */
const many = maxValueElements + 1;

/** The model of a case with what an edit does to it. */
function edited(title: string, tested: Case, edit: (model: ModelProto) => void): Refused {
  const model = decodeModel(modelOf(tested));
  edit(model);
  return { title, model: encodeModel(model) };
}

const relu: Case = { opType: 'Relu', opset: 14, inputs: [x(many)] };
const add: Case = { opType: 'Add', opset: 14, inputs: [x(many), known('float32', [many], 1)] };
const wobble = makeNode({ opType: 'Wobble', name: 'node', input: ['x'], output: ['y'] });
const float8 = 17;
const int4 = 22;
const scale = known('float32', [], 1);
/** A scale and a zero point. */
const quantization = [scale, known('uint8', [], 0)];
const microsoft = { domain: 'com.microsoft', opset: 17 } as const;

/** A model of the node Wobble, with these dims of its input and output. */
const wobbles = (title: string, dims: readonly (number | string)[], out: readonly (number | string)[]): Refused => {
  const [inputs, outputs] = [[makeValueInfo('x', 'float32', dims)], [makeValueInfo('y', 'float32', out)]];
  return { title, model: encodeModel(makeModel({ nodes: [wobble], inputs, outputs })) };
};

const branching = encodeModel(
  makeModel({
    nodes: [makeNode({ opType: 'If', name: 'node', input: ['condition'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', [1, 2]), makeValueInfo('condition', 'bool', [])],
    outputs: [makeValueInfo('y', 'float32', [1, 2])],
  }),
);

const stringsOfAnyShape = encodeModel(
  makeModel({
    nodes: [makeNode({ opType: 'Identity', input: ['x'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'string', ['n', 'm'])],
    outputs: [makeValueInfo('y', 'string', ['n', 'm'])],
  }),
);

/** Normalises each point by the statistics of a batch. */
const ofPoints = (statistics: readonly number[]): Case => ({
  opType: 'BatchNormalization',
  opset: 7,
  inputs: [x(2, 3, 5), ...[1, 2, 3, 4].map(() => known('float32', statistics, 1))],
  attributes: { spatial: 0 },
  outputs: 5,
});

/** The statistics of so many channels are no part of a program's key. */
const ofChannels: Case = {
  opType: 'BatchNormalization',
  opset: 15,
  inputs: [x(1, many, 2), ...[1, 2, 3, 4].map(() => filled('float32', [many], 1))],
};

const resize = (attributes: Case['attributes']): Case => ({
  opType: 'Resize',
  opset: 13,
  inputs: [x(1, 1, 2, 2), undefined, known('float32', [4], 2)],
  attributes,
});

const sample = (mode: string, spatial: number): Case => ({
  opType: 'GridSample',
  opset: 20,
  inputs: [x(...ones(spatial + 2)), x(...ones(spatial + 1), spatial)],
  attributes: { mode },
});

/** By text and remedy, each once at least, and as often as the source has it. */
const refusals: Readonly<Record<string, readonly (Case | Refused)[]>> = {
  'Indices over … axes are not supported.': [
    { opType: 'MaxPool', opset: 12, inputs: [x(...ones(6))], attributes: { kernel_shape: ones(4) }, outputs: 2 },
  ],
  'ONNX defines cubic sampling over two axes only.': [sample('cubic', 3)],
  'sampling over … axes is not supported.': [sample('linear', 1), sample('linear', 4), sample('cubic', 1)],
  'a stride of … along the depth is not supported.': [
    {
      opType: 'ConvTranspose',
      opset: 11,
      inputs: [x(...ones(5)), known('float32', ones(5), 1)],
      attributes: { strides: [1025, 1, 1] },
    },
  ],
  'a tensor of … dimensions is not supported.': [{ ...relu, inputs: [x(...ones(65))] }],
  'an axis of … elements is not supported.': [
    {
      opType: 'OneHot',
      opset: 11,
      inputs: [filled('int64', [many]), known('int64', [], 2 ** 22 + 1), known('float32', [2], 1)],
    },
  ],
  "approximate '…' is not one of none, tanh.": [
    { opType: 'Gelu', opset: 20, inputs: [x(2)], attributes: { approximate: 'erf' } },
  ],
  'convolutions over … axes are not supported.': [
    { opType: 'Conv', opset: 11, inputs: [x(...ones(6)), known('float32', ones(6), 1)] },
    { opType: 'ConvInteger', opset: 10, inputs: [filled('uint8', ones(6)), known('uint8', ones(6), 1)] },
  ],
  'transposed convolutions over … axes are not supported.': [
    { opType: 'ConvTranspose', opset: 11, inputs: [x(...ones(6)), known('float32', ones(6), 1)] },
  ],
  'negative padding is not supported. Crop the input by a Slice or Pad before it.': ['Conv', 'ConvTranspose'].flatMap(
    (opType) =>
      [1, 2, 3].map((spatial) => ({
        opType,
        opset: 11,
        inputs: [x(1, 1, ...ones(spatial).fill(3)), known('float32', ones(spatial + 2), 1)],
        attributes: { pads: [...ones(spatial).fill(0).with(-1, -1), ...ones(spatial).fill(0)] },
      })),
  ),
  'the activation … is not supported.': [
    {
      opType: 'RNN',
      opset: 14,
      inputs: [x(1, 1, 1), known('float32', ones(3), 1), known('float32', ones(3), 1)],
      attributes: { hidden_size: 1, activations: ['Sine'] },
    },
    {
      ...microsoft,
      opType: 'FusedConv',
      inputs: [x(1, 1, 2, 2), known('float32', ones(4), 1)],
      attributes: { activation: 'Sine' },
    },
  ],
  'its outputs of the mean and deviation are not computed.': [
    {
      ...microsoft,
      opType: 'SkipLayerNormalization',
      inputs: [x(1, 1, 2), x(1, 1, 2), known('float32', [2], 1)],
      outputs: 2,
    },
  ],
  "mode '…' is not one of nearest, linear, cubic.": [
    resize({ mode: 'spline' }),
    {
      opType: 'Upsample',
      opset: 9,
      inputs: [x(1, 1, 2, 2), known('float32', [4], 2)],
      attributes: { mode: 'spline' },
    },
  ],
  "coordinate_transformation_mode '…' is not supported.": [resize({ coordinate_transformation_mode: 'corners' })],
  "nearest_mode '…' is not supported.": [resize({ nearest_mode: 'up' })],
  "element type … of attribute '…' is not supported.": [
    { opType: 'Cast', opset: 19, inputs: [x(many)], attributes: { to: float8 } },
    { opType: 'EyeLike', opset: 9, inputs: [x(many, 2)], attributes: { dtype: float8 } },
    { opType: 'QuantizeLinear', opset: 21, inputs: [x(many), scale], attributes: { output_dtype: float8 } },
  ],
  'the engine cannot cast … to ….': [
    { opType: 'Cast', opset: 13, inputs: [x(many)], attributes: { to: 5 } },
    { opType: 'Cast', opset: 13, inputs: [x(many)], attributes: { to: 8 } },
    { opType: 'CastLike', opset: 15, inputs: [x(many), known('int16', [1], 0)] },
    {
      opType: 'Cast',
      opset: 13,
      inputs: [{ type: 'string', dims: [1], data: ['1'], known: true }],
      attributes: { to: 1 },
    },
  ],
  "gdws does not know this operator. 'gdws inspect' lists the operators of a model.": [
    wobbles('an operator that nobody knows', [many], ['n']),
  ],
  "the engine does not run this operator. 'gdws inspect' lists the operators of a model.": [
    wobbles('an operator that nobody knows, whose result is declared', [many], [many]),
    wobbles('an operator that nobody knows, of an input of any shape', ['n', 'm'], ['n', 'm']),
  ],
  'the engine has no tensors of type ….': [
    { opType: 'Identity', opset: 16, inputs: [{ type: 'string', dims: [1], data: ['a'] }] },
    {
      title: 'strings for an input of any shape',
      model: stringsOfAnyShape,
      feeds: { x: new Tensor('string', ['a'], [1, 1]) },
    },
  ],
  'the engine runs it on floats, int64 and int32, not on …. Cast the input to one of these.': [
    { opType: 'Add', opset: 14, inputs: [filled('uint8', [many]), filled('uint8', [many])] },
  ],
  'the engine runs it on floats, not on …. Cast the input to float.': [
    { opType: 'Sigmoid', opset: 13, inputs: [filled('int32', [2])] },
    { opType: 'And', opset: 7, inputs: [filled('int64', [many]), filled('int64', [many])] },
  ],
  'the engine does not order uint64. Cast the input to int64.': [
    { opType: 'Less', opset: 13, inputs: [filled('uint64', [many]), filled('uint64', [many])] },
  ],
  'the engine does not order …. Cast the input to int64.': [
    { opType: 'TopK', opset: 11, inputs: [filled('uint64', [many]), known('int64', [1], 1)], outputs: 2 },
  ],
  'images of type … are not supported at run time.': [
    { opType: 'RoiAlign', opset: 16, inputs: [x(1, 1, 2, 2), x(1, 4), filled('uint8', [1])] },
  ],
  'sampling_ratio … is not between 0 and ….': [-1, 33].map((ratio) => ({
    opType: 'RoiAlign',
    opset: 16,
    inputs: [x(1, 1, 2, 2), x(1, 4), filled('int64', [1])],
    attributes: { sampling_ratio: ratio },
  })),
  'indices of type … are not supported at run time.': ['Gather', 'GatherElements', 'GatherND'].map((opType) => ({
    opType,
    opset: 13,
    inputs: [x(many, 1), filled('uint8', [many, 1])],
  })),
  'input … must be known before the run. It must follow from constants, shapes, and inputs of at most … elements.': [
    { title: 'statistics that are fed', model: modelOf(ofChannels), feeds: feedsOf(ofChannels) },
  ],
  'only an InferenceSession looks into the graphs of this operator. Export the model without control flow, as for one shape of its inputs.':
    [{ title: 'If', model: branching, isDifferentiated: true }],
  "reduction '…' is not one of ….": [
    {
      opType: 'ScatterElements',
      opset: 18,
      inputs: [x(many), filled('int64', [many]), x(many)],
      attributes: { reduction: 'mean' },
    },
  ],
  "the reduction '…' of … is not supported.": ['ScatterElements', 'ScatterND'].map((opType) => ({
    opType,
    opset: 18,
    inputs: [filled('bool', [many, 1]), filled('int64', [many, 1]), filled('bool', [many, 1])],
    attributes: { reduction: 'max' },
  })),
  'sparse constants are not supported. Export the constant as a dense tensor.': [
    edited('a Constant of a sparse tensor', { opType: 'Constant', opset: 13, inputs: [] }, ({ graph }) => {
      const type = AttributeProto_AttributeType.SPARSE_TENSOR;
      graph!.node[0]!.attribute = [create(AttributeProtoSchema, { name: 'sparse_value', type })];
    }),
    edited('an initializer that is sparse', add, ({ graph }) => {
      const values = graph!.initializer[0]!;
      graph!.initializer = [];
      graph!.sparseInitializer = [create(SparseTensorProtoSchema, { values, dims: [2n] })];
    }),
  ],
  'channels in the last dim (channels_last) are not supported.': ['QLinearAveragePool', 'QLinearGlobalAveragePool'].map(
    (opType) => ({
      ...microsoft,
      opType,
      inputs: [filled('uint8', [1, 3, 3, 2]), ...quantization, ...quantization],
      attributes: { channels_last: 1, ...(opType === 'QLinearAveragePool' ? { kernel_shape: [2, 2] } : {}) },
    }),
  ),
  'dequantization of … is not supported.': [
    { opType: 'DequantizeLinear', opset: 21, inputs: [filled('uint16', [many]), scale] },
    { opType: 'DequantizeLinear', opset: 21, inputs: [filled('int16', [many]), scale] },
  ],
  'input … is …; the engine runs it on uint8 and int8.': [
    {
      ...microsoft,
      opType: 'QLinearSigmoid',
      inputs: [filled('uint16', [2]), scale, known('uint16', [], 0), scale, known('uint16', [], 0)],
    },
  ],
  'quantization in blocks (block_size …) is not supported.': [
    {
      opType: 'QuantizeLinear',
      opset: 21,
      inputs: [x(many, 2), known('float32', [2, 2], 1)],
      attributes: { axis: 0, block_size: 2 },
    },
    {
      opType: 'DequantizeLinear',
      opset: 21,
      inputs: [filled('uint8', [4, 2]), known('float32', [2, 2], 1)],
      attributes: { axis: 0, block_size: 2 },
    },
  ],
  'quantization of … is not supported.': [
    { opType: 'QuantizeLinear', opset: 13, inputs: [filled('int32', [many]), scale] },
  ],
  'quantization to … is not supported.': [
    { opType: 'QuantizeLinear', opset: 21, inputs: [x(many), scale, known('uint16', [], 0)] },
    { opType: 'QuantizeLinear', opset: 21, inputs: [x(many), scale], attributes: { output_dtype: 5 } },
  ],
  'several zero points of input … are not supported.': [
    {
      opType: 'MatMulInteger',
      opset: 10,
      inputs: [filled('uint8', [2, 3]), filled('uint8', [3, 4]), known('uint8', [2], 1)],
    },
  ],
  'statistics of each point (spatial = 0) are not computed of a batch. Export the model for inference.': [
    ofPoints([3, 5]),
    ofPoints([3]),
  ],
  "tensors of ONNX's element type … are not supported.": [
    edited('an initializer of float8', add, ({ graph }) => (graph!.initializer[0]!.dataType = float8)),
    edited(
      'a zero point of int4',
      { opType: 'QuantizeLinear', opset: 21, inputs: [x(2), scale, known('int8', [], 0)] },
      ({ graph }) => (graph!.initializer[1]!.dataType = int4),
    ),
  ],
  'the engine cannot hold the number … in 32 bits.': [
    { opType: 'LRN', opset: 13, inputs: [x(1, 1, 2)], attributes: { size: 2 ** 32 + 1 } },
  ],
  'the model has IR version …; the newest that the engine knows is …. Export the model again for an older one (opset_version=17 in torch.onnx.export), convert it by onnx.version_converter, or update gdws.':
    [edited('a new IR version', relu, (model) => (model.irVersion = BigInt(newestIrVersion + 1)))],
  'the model uses operator set …; the newest that the engine knows is …. Export the model again for an older one (opset_version=17 in torch.onnx.export), convert it by onnx.version_converter, or update gdws.':
    [{ ...relu, opset: newestOperatorSet + 1 }],
  'the output mask is not supported.': [{ opType: 'Dropout', opset: 7, inputs: [x(many)], outputs: 2 }],
  'training_mode is not supported. Export the model for inference.': [
    { opType: 'Dropout', opset: 13, inputs: [x(many), known('float32', [], 0.5), known('bool', [], 1)] },
  ],
  'this input is of kind …; the engine takes tensors. Export the model with inputs that are tensors.': [
    edited('a sequence', relu, ({ graph }) => {
      graph!.input[0]!.type = fromBinary(TypeProtoSchema, Uint8Array.of((4 << 3) | 2, 0));
    }),
  ],
  '… is not a number that float32 holds exactly. Pad before the Cast.': [
    {
      opType: 'Pad',
      opset: 13,
      inputs: [filled('int64', [many]), known('int64', [2], 1), known('int64', [], 2 ** 24 + 1)],
    },
  ],
};

const code = 'OPERATOR_UNSUPPORTED';

/** Not of a session: test/analysis/upgrade-operator-set.test.ts has models for it. */
const ofUpgrades = 'the model cannot be upgraded';

const textOf = ({ summary, remedy }: { summary: string; remedy?: string }) =>
  [summary, remedy].filter(Boolean).join(' ');

test('every text has as many models as the source has places for it, and every model has its text', () => {
  const counts = (texts: readonly string[]) => {
    const found: Record<string, number> = {};
    for (const text of texts) found[text] = (found[text] ?? 0) + 1;
    return found;
  };
  const all = thrownMessages(path.join(__dirname, '../../src'), new Set([code])).map(textOf);
  const written = counts(all.filter((text) => !text.startsWith(ofUpgrades)));
  expect(Object.keys(refusals).sort()).toEqual(Object.keys(written).sort());
  for (const [text, models] of Object.entries(refusals)) {
    expect({ text, models: models.length }).toEqual({ text, models: Math.max(models.length, written[text]!) });
  }
});

const each = Object.entries(refusals).flatMap(([text, cases]) =>
  cases.map((one) => ({ text, ...('title' in one ? one : { title: titleOf(one), model: modelOf(one) }) })),
);
test.each<Refused & { text: string }>(each)('$text — $title', async ({ text, ...refused }) => {
  const error = await refusalOf(refused);
  expect(error).toBeInstanceOf(GdwsError);
  const { node, tensor } = error as GdwsError;
  if (!text.startsWith('the model')) expect(node ?? tensor).toBeDefined();
  const pattern = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  expect(textOf(error as GdwsError)).toMatch(new RegExp(`^${pattern.join('.+')}$`));
  expect((error as GdwsError).code).toBe(code);
});

/** What making a session throws, or its first run where there are feeds for it. */
async function refusalOf({ model, feeds, isDifferentiated }: Refused): Promise<unknown> {
  let session: InferenceSession | GradientSession | undefined;
  try {
    if (isDifferentiated) {
      session = await GradientSession.create(model);
      return undefined;
    }
    session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
    if (feeds) await session.run(feeds);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await session?.release();
  }
}
