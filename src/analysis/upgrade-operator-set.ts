import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import {
  floatAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  makeAttribute,
  stringAttribute,
} from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { nameOf, placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Constant, KnownValue } from '../onnx/value';

/** The operator set that models are upgraded to: the first with scales by channel. */
export const upgradedOperatorSet = 13;

/** The oldest operator set whose operators mean what they mean in later ones, with the changes below. */
const oldestOperatorSet = 7;

const leastIrVersion = 7n;

/** Operators of sets 7 to 12 that mean the same in 13. */
const unchanged = new Set([
  ...['Abs', 'Acos', 'Add', 'And', 'ArgMax', 'ArgMin', 'Asin', 'Atan', 'AveragePool', 'Cast', 'Ceil', 'Celu', 'Concat'],
  ...['Constant', 'ConstantOfShape', 'Conv', 'ConvInteger', 'ConvTranspose', 'Cos', 'CumSum', 'DepthToSpace'],
  ...['DequantizeLinear', 'Div', 'DynamicQuantizeLinear', 'Elu', 'Equal', 'Erf', 'Exp', 'Expand', 'Flatten', 'Floor'],
  ...[
    'Gather',
    'GatherElements',
    'GatherND',
    'Gemm',
    'GlobalAveragePool',
    'GlobalMaxPool',
    'Greater',
    'GreaterOrEqual',
  ],
  ...['HardSigmoid', 'Identity', 'InstanceNormalization', 'LRN', 'LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'MatMul'],
  ...['MatMulInteger', 'Max', 'MaxPool', 'Mean', 'Min', 'Mul', 'Neg', 'Not', 'OneHot', 'Or', 'PRelu', 'Pow'],
  ...['QLinearConv', 'QLinearMatMul', 'QuantizeLinear', 'Range', 'Reciprocal', 'ReduceL1', 'ReduceL2', 'ReduceLogSum'],
  ...['ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSumSquare', 'Relu', 'Reshape'],
  ...[
    'RoiAlign',
    'Round',
    'ScatterElements',
    'ScatterND',
    'Selu',
    'Shape',
    'Sigmoid',
    'Sign',
    'Sin',
    'Size',
    'Softplus',
  ],
  ...['Softsign', 'SpaceToDepth', 'Sqrt', 'Sub', 'Sum', 'Tan', 'Tanh', 'ThresholdedRelu', 'Tile', 'Transpose', 'Where'],
  ...['Xor'],
]);

/** Changes a node to what it is in set 13. Returns why that cannot be, if so. */
type Upgrade = (context: Context) => string | undefined;

interface Context {
  readonly graph: Graph;
  readonly node: NodeProto;
  readonly values: ReadonlyMap<string, KnownValue>;
  /** Of the model. */
  readonly version: number;
}

/** Operators that changed between sets 7 and 13. @see https://onnx.ai/onnx/operators/ */
const upgrades: Readonly<Record<string, Upgrade>> = {
  BatchNormalization: ({ node }) => {
    if (intAttribute(node, 'spatial', 1) !== 1) return 'it is not spatial.';
    if (node.output.slice(1).some((name) => name !== '')) return 'it trains.';
    dropAttributes(node, ['spatial']);
    return undefined;
  },
  Clip: (context) => {
    const { node, version } = context;
    if (version >= 11) return undefined;
    if (!isFloat32(context)) return 'it limits no float32.';
    const limit = (name: string) =>
      hasAttribute(node, name) ? addConstant(context, name, floats([], [floatAttribute(node, name, 0)])) : '';
    const [least, most] = [limit('min'), limit('max')];
    node.input = most ? [node.input[0]!, least, most] : least ? [node.input[0]!, least] : [node.input[0]!];
    dropAttributes(node, ['min', 'max']);
    return undefined;
  },
  Dropout: ({ graph, node }) => {
    const [, mask = ''] = node.output;
    if (mask && (graph.consumers(mask).length > 0 || graph.isOutput(mask))) return 'its mask is read.';
    node.output = [node.output[0]!];
    dropAttributes(node, ['ratio']);
    return undefined;
  },
  Pad: (context) => {
    const { node, version } = context;
    if (version >= 11) return undefined;
    if (!isFloat32(context)) return 'it pads no float32.';
    const value = floatAttribute(node, 'value', 0);
    const pads = addConstant(context, 'pads', integers(intsAttribute(node, 'pads')));
    node.input = [node.input[0]!, pads, ...(value === 0 ? [] : [addConstant(context, 'value', floats([], [value]))])];
    dropAttributes(node, ['pads', 'value']);
    return undefined;
  },
  ReduceSum: (context) => moveIntegers(context, 'axes', 1),
  Resize: (context) => {
    const { node, version } = context;
    return version >= 11 ? undefined : resize(context, node.input[1] ?? '');
  },
  Slice: (context) => {
    const { node, version } = context;
    if (version >= 10) return undefined;
    const named = (name: string) => addConstant(context, name, integers(intsAttribute(node, name)));
    const axes = hasAttribute(node, 'axes') ? [named('axes')] : [];
    node.input = [node.input[0]!, named('starts'), named('ends'), ...axes];
    dropAttributes(node, ['starts', 'ends', 'axes']);
    return undefined;
  },
  Split: (context) => moveIntegers(context, 'split', 1),
  Squeeze: (context) => moveIntegers(context, 'axes', 1),
  TopK: (context) => {
    const { node, version } = context;
    if (version >= 10) return undefined;
    node.input = [node.input[0]!, addConstant(context, 'k', integers([intAttribute(node, 'k', 0)]))];
    dropAttributes(node, ['k']);
    return undefined;
  },
  Unsqueeze: (context) => moveIntegers(context, 'axes', 1),
  Upsample: (context) => {
    const { node, version } = context;
    if (version >= 9) return resize(context, node.input[1] ?? '');
    const scales = node.attribute.find(({ name }) => name === 'scales')?.floats ?? [];
    return resize(context, addConstant(context, 'scales', floats([scales.length], scales)));
  },
  Hardmax: lastAxis,
  LogSoftmax: lastAxis,
  Softmax: lastAxis,
};

/**
 * Upgrades a model of operator sets 7 to 12 to 13, so that all its nodes compute what they did.
 *
 * @param values of its tensors, as far as they are known
 * @throws {GdwsError} OPERATOR_UNSUPPORTED for a node that cannot be upgraded
 */
export function upgradeOperatorSet(graph: Graph, values: ReadonlyMap<string, KnownValue>): void {
  const version = graph.opset;
  if (version >= upgradedOperatorSet) return;
  const refuse = (node: NodeProto | undefined, why: string): never => {
    throw new GdwsError('OPERATOR_UNSUPPORTED', `the model cannot be upgraded from operator set ${version}: ${why}`, {
      file: graph.file,
      ...(node && placeOf(node)),
      remedy: `Export it with operator set ${upgradedOperatorSet} or newer (opset_version=17 in torch.onnx.export).`,
    });
  };
  if (version < oldestOperatorSet) refuse(undefined, `${oldestOperatorSet} is the oldest that can.`);
  for (const node of graph.nodes) {
    if (!isStandardDomain(node.domain) || unchanged.has(node.opType)) continue;
    const upgrade = upgrades[node.opType];
    const why = upgrade ? upgrade({ graph, node, values, version }) : 'it is not known whether this operator changed.';
    if (why !== undefined) refuse(node, why);
  }
  // The messages may belong to the original of an editable copy, too.
  graph.model.opsetImport = graph.model.opsetImport.map((opset) =>
    isStandardDomain(opset.domain) ? { ...opset, version: BigInt(upgradedOperatorSet) } : opset,
  );
  if (graph.model.irVersion < leastIrVersion) {
    // Before version 4, initializers had to be listed as inputs; now that would make them defaults.
    if (graph.model.irVersion < 4n) {
      graph.proto.input = graph.proto.input.filter(({ name }) => !graph.isInitializer(name));
    }
    graph.model.irVersion = leastIrVersion;
  }
  graph.removeDead();
}

function isFloat32({ node, values }: Context): boolean {
  return values.get(node.input[0]!)?.type === 'float32';
}

/** Before set 13, softmax takes all axes from `axis` on together: the same where these are one. */
function lastAxis({ node, values }: Context): string | undefined {
  const dims = values.get(node.input[0]!)?.dims;
  if (!dims) return 'the shape of what it reads is not known.';
  const axis = intAttribute(node, 'axis', 1);
  const first = axis < 0 ? axis + dims.length : axis;
  if (dims.slice(first + 1).some((dim) => dim !== 1)) return 'it takes several axes together.';
  setAttribute(node, 'axis', first);
  return undefined;
}

/** Resize and Upsample of sets before 11: corners lie on corners of the pixels' grid. */
function resize({ graph, node }: Context, scales: string): string | undefined {
  const factors = graph.constant(scales)?.data as Float32Array | undefined;
  if (!factors) return 'its scales are not constant.';
  if (factors.some((factor) => factor < 1)) return 'it makes maps smaller.';
  const mode = stringAttribute(node, 'mode', 'nearest');
  const isNearest = mode === 'nearest';
  const added = [
    makeAttribute('mode', isNearest ? 'nearest' : 'linear'),
    makeAttribute('coordinate_transformation_mode', 'asymmetric'),
    ...(isNearest ? [makeAttribute('nearest_mode', 'floor')] : []),
  ];
  node.opType = 'Resize';
  node.input = [node.input[0]!, '', scales];
  node.attribute = added;
  return undefined;
}

/** Integers that were an attribute before set 13, and are input `place` since. */
function moveIntegers(context: Context, attribute: string, place: number): undefined {
  const { node } = context;
  if (!hasAttribute(node, attribute)) return;
  node.input[place] = addConstant(context, attribute, integers(intsAttribute(node, attribute)));
  dropAttributes(node, [attribute]);
}

function addConstant({ graph, node }: Context, kind: string, constant: Constant): string {
  const name = graph.uniqueName(`${nameOf(node)}.${kind}`);
  graph.setInitializer(name, constant);
  return name;
}

function integers(numbers: readonly number[]): Constant {
  return { type: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers.map(BigInt)) };
}

function floats(dims: readonly number[], numbers: readonly number[]): Constant {
  return { type: 'float32', dims, data: Float32Array.from(numbers) };
}

function dropAttributes(node: NodeProto, names: readonly string[]): void {
  node.attribute = node.attribute.filter(({ name }) => !names.includes(name));
}

function setAttribute(node: NodeProto, name: string, value: number): void {
  dropAttributes(node, [name]);
  node.attribute.push(makeAttribute(name, value));
}
