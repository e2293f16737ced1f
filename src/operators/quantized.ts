import { floatAttribute, intAttribute } from '../onnx/attribute';
import type { NodeProto } from '../onnx/onnx_pb';
import { activationOperators } from './activation';
import { arithmeticOperators } from './arithmetic';
import { convolutionOperators } from './convolution';
import { joiningOperators } from './joining';
import type { Operator, OperatorCall } from './operator';
import { poolingOperators } from './pooling';
import { productOperators } from './product';
import { softmaxOperators } from './softmax';
import { throughFloats, type QuantizedInput } from './through-floats';

// https://onnx.ai/onnx/operators/onnx__QLinearConv.html, onnx__QLinearMatMul.html,
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md

/** The operator set of the operators of floats, where a node of another domain names none. */
const opset = 17;

const x: QuantizedInput = { x: 0, scale: 1, zeroPoint: 2 };
const second: QuantizedInput = { x: 3, scale: 4, zeroPoint: 5 };

/** A function of one tensor: x, its scale and zero point, those of y. */
function ofOne(operator: Operator): Operator {
  return throughFloats(() => ({ operator, opset, inputs: [x], output: { scale: 3, zeroPoint: 4 } }));
}

/** A pooling or softmax whose node may say that the channels come last. */
function ofMaps(operator: Operator): Operator {
  return throughFloats((call) => {
    if (intAttribute(call.node, 'channels_last', 0) !== 0) {
      call.fail('OPERATOR_UNSUPPORTED', 'channels in the last dim (channels_last) are not supported.');
    }
    return { operator, opset, inputs: [x], output: { scale: 3, zeroPoint: 4 } };
  }, 'Channels in the second dim.');
}

/** A function of two tensors. */
function ofTwo(operator: Operator): Operator {
  return throughFloats(() => ({ operator, opset, inputs: [x, second], output: { scale: 6, zeroPoint: 7 } }));
}

/** Each piece with a scale and a zero point, after those of y. */
function pieces(call: OperatorCall): QuantizedInput[] {
  const count = (call.inputs.length - 2) / 3;
  if (!Number.isInteger(count) || count < 1) call.fail('MODEL_INVALID', 'each piece needs a scale and a zero point.');
  return Array.from({ length: count }, (_, i) => ({ x: 2 + 3 * i, scale: 3 + 3 * i, zeroPoint: 4 + 3 * i }));
}

/** Operators of quantized tensors in the standard domain. */
export const quantizedOperators: Record<string, Operator> = {
  QLinearConv: throughFloats((call) => ({
    operator: convolutionOperators.Conv!,
    opset: call.opset,
    inputs: [x, { ...second, axis: () => 0 }],
    bias: 8,
    output: { scale: 6, zeroPoint: 7 },
  })),
  QLinearMatMul: throughFloats(
    (call) => ({
      operator: productOperators.MatMul!,
      opset: call.opset,
      inputs: [x, { ...second, axis: (rank) => rank - 1 }],
      output: { scale: 6, zeroPoint: 7 },
    }),
    'One scale of the first matrix; one or one a column of the second.',
  ),
};

/** Those that onnxruntime adds, in the domain com.microsoft. */
export const quantizedMicrosoftOperators: Record<string, Operator> = {
  QLinearAdd: ofTwo(arithmeticOperators.Add!),
  QLinearMul: ofTwo(arithmeticOperators.Mul!),
  QLinearSigmoid: ofOne(activationOperators.Sigmoid!),
  QLinearLeakyRelu: ofOne(activationOperators.LeakyRelu!),
  QLinearAveragePool: ofMaps(poolingOperators.AveragePool!),
  QLinearGlobalAveragePool: ofMaps(poolingOperators.GlobalAveragePool!),
  QLinearConcat: throughFloats((call) => ({
    operator: joiningOperators.Concat!,
    opset,
    inputs: pieces(call),
    output: { scale: 0, zeroPoint: 1 },
  })),
  QLinearSoftmax: throughFloats((call) => ({
    operator: softmaxOperators.Softmax!,
    opset: intAttribute(call.node, 'opset', opset),
    inputs: [x],
    output: { scale: 3, zeroPoint: 4 },
  })),
  QGemm: throughFloats((call) => ({
    operator: productOperators.Gemm!,
    opset,
    inputs: [x, { ...second, axis: () => (intAttribute(call.node, 'transB', 0) === 0 ? 1 : 0) }],
    bias: 6,
    biasFactor: floatAttribute(call.node, 'alpha', 1),
    ...(call.inputs[7] ? { output: { scale: 7, zeroPoint: 8 } } : {}),
  })),
};

const quantizing = new Set([
  'QuantizeLinear',
  'DynamicQuantizeLinear',
  ...Object.keys(quantizedOperators),
  ...Object.keys(quantizedMicrosoftOperators),
]);

/** Whether a node rounds a tensor to bytes. */
export function isQuantizing({ opType }: Pick<NodeProto, 'opType'>): boolean {
  return quantizing.has(opType);
}
