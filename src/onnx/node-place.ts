import type { NodeProto } from './onnx_pb';

/** The name of a node, or of its first output where it has none. */
export function nameOf({ name, output }: NodeProto): string {
  return name || output[0]!;
}

/** The fields by which errors and profiles name a node. */
export function placeOf(node: NodeProto): { node: string; operator: string } {
  return { node: nameOf(node), operator: node.opType };
}
