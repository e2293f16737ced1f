import { nameOf } from '../onnx/node-place';
import type { Operation } from '../program/operation';
import type { Program } from '../program/program';
import type { Layer } from './layers';

/** The operations that compute a layer in floats, one for each of its nodes, in the program's order. */
export function operationsOf(program: Program, layer: Layer): Operation<'convolution'>[] {
  return convolutionsOf(program, layer).filter((operation) => operation.opcode === 'convolution');
}

/** The operations that compute a layer, in floats or integers. */
export function convolutionsOf(
  program: Program,
  { nodes, shape }: Layer,
): (Operation<'convolution'> | Operation<'integerConvolution'>)[] {
  // Other convolutions run with channels and taps that differ from the layer's.
  if (shape.kernel.length !== 2) return [];
  const names = new Set(nodes.map(nameOf));
  return program.operations.filter(
    (operation) =>
      (operation.opcode === 'convolution' || operation.opcode === 'integerConvolution') &&
      operation.origin.operator === 'Conv' &&
      names.has(operation.origin.node),
  ) as (Operation<'convolution'> | Operation<'integerConvolution'>)[];
}
