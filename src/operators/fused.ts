import { floatAttribute, floatsAttribute, intAttribute, stringAttribute } from '../onnx/attribute';
import { elementCount, type ValueType } from '../onnx/value';
import type { UnaryName } from '../program/operation';
import { elementwise } from './activation';
import { commonType, ranked, requireFloat } from './arguments';
import { broadcast, requireBroadcastTo } from './broadcast';
import { convolutionOperators } from './convolution';
import { emitAs, emitBinary, emitUnary, floats, required } from './emission';
import { inferOne } from './inference';
import { stridesOf } from './layout';
import { withOperands, type Lowering, type ValueId } from './lowering';
import { OperatorCall, type Operator } from './operator';
import { productOperators } from './product';

// What onnxruntime fuses into one operator, of the domain com.microsoft:
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md

/** The operator set of ONNX's operators that are parts of these. */
const opset = 22;

/** A node as the operator of ONNX that it begins with, which reads the first inputs. */
function partOf(call: OperatorCall, inputs: number): OperatorCall {
  return new OperatorCall(call.node, opset, call.inputs.slice(0, inputs));
}

interface FusedActivation {
  readonly name: UnaryName;
  readonly a?: number;
  readonly b?: number;
}

/** An activation that may be named, with the defaults of its parameters, in order. */
interface NamedActivation {
  readonly name: UnaryName;
  readonly parameters?: Readonly<Record<string, number>>;
}

const activations: ReadonlyMap<string, NamedActivation> = new Map(
  Object.entries<NamedActivation>({
    Relu: { name: 'relu' },
    Sigmoid: { name: 'sigmoid' },
    Tanh: { name: 'tanh' },
    Softplus: { name: 'softplus' },
    Softsign: { name: 'softsign' },
    LeakyRelu: { name: 'leakyRelu', parameters: { alpha: 0.01 } },
    ThresholdedRelu: { name: 'thresholdedRelu', parameters: { alpha: 1 } },
    Elu: { name: 'elu', parameters: { alpha: 1 } },
    Selu: { name: 'selu', parameters: { alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 } },
    HardSigmoid: { name: 'hardSigmoid', parameters: { alpha: 0.2, beta: 0.5 } },
    Clip: { name: 'clip', parameters: { min: -Infinity, max: Infinity } },
  }),
);

/** The activation that a node names, with parameters read by `parameter(name, place, default)`. */
function activationOf(
  call: OperatorCall,
  parameter: (name: string, place: number, fallback: number) => number,
): FusedActivation | undefined {
  const name = stringAttribute(call.node, 'activation', '');
  if (name === '') return undefined;
  const known = activations.get(name);
  if (!known) call.fail('OPERATOR_UNSUPPORTED', `the activation ${name} is not supported.`);
  const [a, b] = Object.entries(known.parameters ?? {}).map(([each, fallback], place) =>
    parameter(each, place, fallback),
  );
  return { name: known.name, a, b };
}

/** Writes `output` by `write`, and an activation after it. */
function emitActivated(
  lowering: Lowering,
  output: ValueId,
  dims: readonly number[],
  activation: FusedActivation | undefined,
  write: (target: ValueId) => void,
): void {
  if (!activation) return write(output);
  const sum = floats(lowering, dims);
  write(sum);
  emitUnary(lowering, activation.name, sum, output, activation);
}

function fusedConvolution(call: OperatorCall): ValueType {
  const [y] = convolutionOperators.Conv!.infer(partOf(call, 3)) as [ValueType];
  const residual = call.inputs[3];
  if (residual) requireBroadcastTo(call, residual.dims, y.dims);
  return y;
}

/** act(conv + bias + residual) */
function lowerFusedConvolution(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = fusedConvolution(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const given = floatsAttribute(call.node, 'activation_params', []);
  const activation = activationOf(call, (_, place, fallback) => given[place] ?? fallback);
  const convolve = (target: ValueId) =>
    convolutionOperators.Conv!.lower!(partOf(call, 3), withOperands(lowering, { output: () => target }));
  emitActivated(lowering, output, dims, activation, (target) => {
    const residual = lowering.input(3);
    if (residual === undefined) return convolve(target);
    const sum = floats(lowering, dims);
    convolve(sum);
    emitBinary(lowering, 'add', sum, residual, target);
  });
}

/** act(alpha·a·b + beta·c) */
function lowerFusedGemm(call: OperatorCall, lowering: Lowering): void {
  const gemm = productOperators.Gemm!;
  const [{ type, dims }] = gemm.infer(partOf(call, 3)) as [ValueType];
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const activation = activationOf(call, (name, _, fallback) =>
    floatAttribute(call.node, `activation_${name}`, fallback),
  );
  emitActivated(lowering, output, dims, activation, (target) =>
    gemm.lower!(partOf(call, 3), withOperands(lowering, { output: () => target })),
  );
}

/** An operand of a FusedMatMul: its dims once the first axis has been moved behind those of the batch, if it has. */
interface Operand {
  readonly dims: readonly number[];
  /** Of the operand as it is given, for the dims. */
  readonly strides: readonly number[];
  readonly isMoved: boolean;
  /** Whether its matrices are transposed. */
  readonly transposed: boolean;
}

function operandOf(call: OperatorCall, index: number, side: 'A' | 'B'): Operand {
  const { dims } = ranked(call, index, 1);
  const rank = dims.length;
  const isMoved = rank > 2 && intAttribute(call.node, `transBatch${side}`, 0) !== 0;
  const axes = dims.map((_, axis) => axis);
  const order = isMoved ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  const strides = stridesOf(dims);
  return {
    dims: order.map((axis) => dims[axis]!),
    strides: order.map((axis) => strides[axis]!),
    isMoved,
    transposed: rank > 1 && intAttribute(call.node, `trans${side}`, 0) !== 0,
  };
}

interface FusedProduct extends ValueType {
  readonly a: Operand;
  readonly b: Operand;
  /** With a vector as a row or a column. */
  readonly product: readonly number[];
}

function fusedProduct(call: OperatorCall): FusedProduct {
  const [a, b] = [operandOf(call, 0, 'A'), operandOf(call, 1, 'B')];
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [rows, depth] = [left.at(a.transposed ? -1 : -2)!, left.at(a.transposed ? -2 : -1)!];
  const [depthOfB, columns] = [right.at(b.transposed ? -1 : -2)!, right.at(b.transposed ? -2 : -1)!];
  if (depth !== depthOfB) call.fail('SHAPE_MISMATCH', `the inner dims ${depth} and ${depthOfB} differ.`);
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (!batch) call.fail('SHAPE_MISMATCH', 'the batch dims cannot be broadcast together.');
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [rows]), ...(b.dims.length === 1 ? [] : [columns])];
  return {
    type: commonType(call, [0, 1]),
    dims,
    a: { ...a, dims: left },
    b: { ...b, dims: right },
    product: [...batch, rows, columns],
  };
}

/** alpha·a·b, of matrices that may be transposed. */
function lowerFusedProduct(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, a, b, product } = fusedProduct(call);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const [left, right] = [a, b].map(({ dims: own, strides, isMoved }, index) => {
    const given = required(call, lowering, index);
    if (!isMoved) return lowering.view(given, own);
    const moved = floats(lowering, own);
    lowering.emit('strided', [given], [moved], { offset: 0, strides });
    return moved;
  }) as [ValueId, ValueId];
  // One matrix for all batches: one product of all rows is faster than many small ones.
  const isFlat = b.dims.length === 2 && !a.transposed;
  const rows = elementCount(product.slice(0, -1));
  const yDims = isFlat ? [rows, product.at(-1)!] : product;
  emitAs(lowering, output, dims, { type: 'float32', dims: yDims }, (target) =>
    lowering.emit('matmul', [isFlat ? lowering.view(left, [rows, a.dims.at(-1)!]) : left, right], [target], {
      transposeA: a.transposed,
      transposeB: b.transposed,
      alpha: floatAttribute(call.node, 'alpha', 1),
    }),
  );
}

/** An activation of the sum of the input and, where it is given, a bias. */
function biased(name: UnaryName): Operator {
  const infer = (call: OperatorCall): ValueType => {
    const { dims } = ranked(call, 0, 1);
    const bias = call.inputs[1];
    if (bias) requireBroadcastTo(call, bias.dims, dims);
    return { type: commonType(call, [0, 1]), dims };
  };
  return {
    infer: inferOne(infer),
    lower: (call, lowering) => {
      const { type, dims } = infer(call);
      requireFloat(call, type);
      const output = lowering.output(0);
      if (output === undefined) return;
      let x = required(call, lowering, 0);
      const bias = lowering.input(1);
      if (bias !== undefined) {
        const sum = floats(lowering, dims);
        emitBinary(lowering, 'add', x, bias, sum);
        x = sum;
      }
      emitUnary(lowering, name, x, output);
    },
  };
}

function skipNormalization(call: OperatorCall): ValueType[] {
  const { type, dims } = ranked(call, 0, 2);
  for (const index of [1, 2, 3, 4]) {
    const input = index < 3 ? call.input(index) : call.inputs[index];
    if (input) requireBroadcastTo(call, input.dims, dims);
  }
  const statistic: ValueType = { type: 'float32', dims: [...dims.slice(0, -1), 1] };
  commonType(call, [0, 1, 2, 3, 4]);
  return [{ type, dims }, statistic, statistic, { type, dims }];
}

/** The layer normalisation of the sum of two tensors and a bias, and that sum. */
function lowerSkipNormalization(call: OperatorCall, lowering: Lowering): void {
  const [{ type, dims }] = skipNormalization(call) as [ValueType];
  requireFloat(call, type);
  if (lowering.output(1) !== undefined || lowering.output(2) !== undefined) {
    call.fail('OPERATOR_UNSUPPORTED', 'its outputs of the mean and deviation are not computed.');
  }
  const [output, sumOutput] = [lowering.output(0), lowering.output(3)];
  const bias = lowering.input(4);
  const both = bias === undefined && sumOutput !== undefined ? sumOutput : floats(lowering, dims);
  emitBinary(lowering, 'add', required(call, lowering, 0), required(call, lowering, 1), both);
  let sum = both;
  if (bias !== undefined) {
    sum = sumOutput ?? floats(lowering, dims);
    emitBinary(lowering, 'add', both, bias, sum);
  }
  if (output === undefined) return;
  const normalized = floats(lowering, dims);
  lowering.emit('normalize', [sum], [normalized], {
    inner: dims.at(-1)!,
    epsilon: floatAttribute(call.node, 'epsilon', 1e-12),
  });
  const beta = lowering.input(3);
  const scaled = beta === undefined ? output : floats(lowering, dims);
  emitBinary(lowering, 'mul', normalized, required(call, lowering, 2), scaled);
  if (beta !== undefined) emitBinary(lowering, 'add', scaled, beta, output);
}

export const fusedOperators: Record<string, Operator> = {
  FusedConv: { limits: 'One to three spatial axes.', infer: inferOne(fusedConvolution), lower: lowerFusedConvolution },
  FusedGemm: { infer: (call) => productOperators.Gemm!.infer(partOf(call, 3)), lower: lowerFusedGemm },
  FusedMatMul: { infer: inferOne(fusedProduct), lower: lowerFusedProduct },
  Gelu: elementwise(() => 'gelu'),
  BiasGelu: biased('gelu'),
  FastGelu: biased('geluTanh'),
  QuickGelu: elementwise(
    () => 'silu',
    ({ node }) => [floatAttribute(node, 'alpha', 1.702)],
  ),
  SkipLayerNormalization: {
    limits: 'Not its mean and deviation.',
    infer: skipNormalization,
    lower: lowerSkipNormalization,
  },
};
