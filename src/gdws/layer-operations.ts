import { nameOf } from '../onnx/node-place';
import type { Operation } from '../program/operation';
import type { Program } from '../program/program';
import type { Layer } from './layers';

/** The operations that compute a layer, one for each of its nodes, in the program's order. */
export function operationsOf(program: Program, { nodes, shape }: Layer): Operation<'convolution'>[] {
  // Other convolutions run with channels and taps that differ from the layer's.
  if (shape.kernel.length !== 2) return [];
  const names = new Set(nodes.map(nameOf));
  return program.operations.filter(
    (operation): operation is Operation<'convolution'> =>
      operation.opcode === 'convolution' && operation.origin.operator === 'Conv' && names.has(operation.origin.node),
  );
}
