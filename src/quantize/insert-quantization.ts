import type { Graph } from '../graph/graph';
import { makeNode } from '../onnx/make';
import type { NodeProto } from '../onnx/onnx_pb';
import type { Constant } from '../onnx/value';
import { newBytes, type UniformQuantization } from '../program/byte-quantization';
import type { QuantizedNodes } from './quantized-nodes';

/** Names of what quantizes a tensor. */
export interface QuantizationNames {
  readonly scale: string;
  readonly zeroPoint: string;
  /** The tensor of bytes, dequantized. */
  readonly dequantized: string;
}

/** The scale and the zero point of a tensor, of these dims: one element each. */
export function quantizationConstants(
  { type, scale, zeroPoint }: UniformQuantization,
  dims: readonly number[],
): { readonly scale: Constant; readonly zeroPoint: Constant } {
  const data = newBytes(type, 1);
  data[0] = zeroPoint;
  return { scale: { type: 'float32', dims, data: Float32Array.of(scale) }, zeroPoint: { type, dims, data } };
}

/**
 * Puts QuantizeLinear and DequantizeLinear behind the tensors that become bytes, for the nodes that read bytes and all others; outputs
 * of the graph stay as they are.
 *
 * @returns the names for each tensor
 */
export function insertQuantization(
  graph: Graph,
  { tensors }: QuantizedNodes,
  quantizationOf: (tensor: string) => UniformQuantization,
): Map<string, QuantizationNames> {
  const names = new Map<string, QuantizationNames>();
  const inserted = new Map<string, readonly NodeProto[]>();
  for (const [tensor, source] of tensors) {
    const known = names.get(source);
    const own = known ?? {
      scale: graph.uniqueName(`${tensor}.scale`),
      zeroPoint: graph.uniqueName(`${tensor}.zero_point`),
    };
    if (!known) {
      const constants = quantizationConstants(quantizationOf(tensor), []);
      graph.setInitializer(own.scale, constants.scale);
      graph.setInitializer(own.zeroPoint, constants.zeroPoint);
    }
    const bytes = graph.uniqueName(`${tensor}.quantized`);
    const dequantized = graph.uniqueName(`${tensor}.dequantized`);
    const parameters = [own.scale, own.zeroPoint];
    inserted.set(tensor, [
      makeNode({
        opType: 'QuantizeLinear',
        name: graph.uniqueName(`${tensor}/quantize`),
        input: [tensor, ...parameters],
        output: [bytes],
      }),
      makeNode({
        opType: 'DequantizeLinear',
        name: graph.uniqueName(`${tensor}/dequantize`),
        input: [bytes, ...parameters],
        output: [dequantized],
      }),
    ]);
    names.set(tensor, { scale: own.scale, zeroPoint: own.zeroPoint, dequantized });
  }
  for (const node of graph.nodes) node.input = node.input.map((name) => names.get(name)?.dequantized ?? name);
  const atStart = graph.inputs.flatMap(({ name }) => inserted.get(name) ?? []);
  const replacements = new Map<NodeProto, readonly NodeProto[]>();
  graph.nodes.forEach((node, index) => {
    const behind = node.output.flatMap((name) => inserted.get(name) ?? []);
    const before = index === 0 ? atStart : [];
    if (before.length + behind.length > 0) replacements.set(node, [...before, node, ...behind]);
  });
  graph.replace(replacements);
  return names;
}
