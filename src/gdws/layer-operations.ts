import { nameOf } from '../onnx/node-place';
import type { Operation } from '../program/operation';
import type { Program } from '../program/program';
import type { Layer } from './layers';

/** The operations that compute a layer, one for each of its nodes, in the program's order. */
export function operationsOf(program: Program, { nodes, shape }: Layer): Operation<'convolution'>[] {
  // Of a convolution over other than two axes, channels and taps are not what they are to the layer.
  if (shape.kernel.length !== 2) return [];
  const names = new Set(nodes.map(nameOf));
  return program.operations.filter(
    (operation): operation is Operation<'convolution'> =>
      operation.opcode === 'convolution' && operation.origin.operator === 'Conv' && names.has(operation.origin.node),
  );
}
