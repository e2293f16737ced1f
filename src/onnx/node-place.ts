import type { NodeProto } from './onnx_pb';

/** What a node is called: its name, or its first output's where it has none. */
export function nameOf({ name, output }: NodeProto): string {
  return name || output[0]!;
}

/** How errors and profiles name a node. */
export function placeOf(node: NodeProto): { node: string; operator: string } {
  return { node: nameOf(node), operator: node.opType };
}
