import type { Graph } from '../graph/graph';
import { intAttribute, intsAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { makeNode } from '../onnx/make';
import type { NodeProto } from '../onnx/onnx_pb';
import { bytesOf, type ByteTensor } from './byte-tensors';

// https://onnx.ai/onnx/operators/onnx__QLinearConv.html, onnx__QLinearMatMul.html,
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md

/** The domain of the operators on bytes that onnxruntime adds. */
export const microsoftDomain = 'com.microsoft';

/** An operator on bytes in place of one of floats. */
interface ByteOperator {
  readonly opType: string;
  readonly domain?: typeof microsoftDomain;
  /** Number of operands that are bytes, the first ones; all of them by default. */
  readonly operands?: number;
  /** The node's inputs, of its operands and its result. */
  input(operands: readonly ByteTensor[], result: ByteTensor | undefined, bias: string): readonly string[];
  /** Attributes that it has of those of the operator of floats; all by default. */
  readonly attributes?: readonly string[];
  /** Whether its result may be floats. */
  readonly mayGiveFloats?: boolean;
  /** Whether it computes what this node of floats does; true by default. */
  fits?(node: NodeProto): boolean;
}

const tensor = ({ bytes, scale, zeroPoint }: ByteTensor) => [bytes, scale, zeroPoint];
const parameters = (result: ByteTensor | undefined) => (result ? [result.scale, result.zeroPoint] : []);

/** An operator whose inputs are its operands, and then the scale and the zero point of its result. */
function operandsFirst(opType: string, more: Partial<ByteOperator> = {}): ByteOperator {
  return {
    ...{ opType, domain: microsoftDomain },
    input: (operands, result) => [...operands.flatMap(tensor), ...parameters(result)],
    ...more,
  };
}

const byteOperators: Readonly<Record<string, ByteOperator>> = {
  Conv: {
    ...{ opType: 'QLinearConv', operands: 2 },
    input: (operands, result, bias) => [
      ...operands.flatMap(tensor),
      ...parameters(result),
      ...(bias === '' ? [] : [bias]),
    ],
  },
  Gemm: {
    ...{ opType: 'QGemm', domain: microsoftDomain, operands: 2, mayGiveFloats: true },
    attributes: ['alpha', 'transA', 'transB'],
    input: (operands, result, bias) => [...operands.flatMap(tensor), bias, ...parameters(result)],
  },
  MatMul: operandsFirst('QLinearMatMul', { domain: undefined }),
  Add: operandsFirst('QLinearAdd'),
  Mul: operandsFirst('QLinearMul'),
  Sigmoid: operandsFirst('QLinearSigmoid'),
  LeakyRelu: operandsFirst('QLinearLeakyRelu'),
  GlobalAveragePool: operandsFirst('QLinearGlobalAveragePool'),
  AveragePool: operandsFirst('QLinearAveragePool', {
    attributes: ['auto_pad', 'count_include_pad', 'kernel_shape', 'pads', 'strides'],
    // The operator has no dilations; what ceil_mode means differs among operator sets.
    fits: (node) =>
      intAttribute(node, 'ceil_mode', 0) === 0 && intsAttribute(node, 'dilations', []).every((step) => step === 1),
  }),
  Concat: {
    ...{ opType: 'QLinearConcat', domain: microsoftDomain },
    input: (operands, result) => [...parameters(result), ...operands.flatMap(tensor)],
  },
};

/**
 * The operator on bytes that does what a node of floats does between DequantizeLinear and QuantizeLinear; `undefined` where there is
 * none.
 *
 * @param result what its result becomes; `undefined` where it stays floats
 */
export function onBytes(graph: Graph, node: NodeProto, result: ByteTensor | undefined): NodeProto | undefined {
  const form = isStandardDomain(node.domain) ? byteOperators[node.opType] : undefined;
  if (!form || !(result ?? form.mayGiveFloats) || !(form.fits?.(node) ?? true)) return undefined;
  const count = form.operands ?? node.input.length;
  const operands = node.input.slice(0, count).flatMap((name) => bytesOf(graph, name) ?? []);
  const [added = ''] = node.input.slice(count);
  const bias = bytesOf(graph, added)?.bytes ?? '';
  if (operands.length < count || (added !== '' && bias === '')) return undefined;
  const made = makeNode({
    ...{ opType: form.opType, domain: form.domain, name: node.name },
    input: form.input(operands, result, bias),
    output: [result?.bytes ?? node.output[0]!],
  });
  made.attribute = node.attribute.filter(({ name }) => form.attributes?.includes(name) ?? true);
  return made;
}
