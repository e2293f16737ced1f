import { operationsOf } from '../gdws/layer-operations';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { Stages } from '../gdws/stages';
import type { ConstantPool, NativeConstants } from '../program/constant-pool';
import { gdwsInPlaceOf } from '../program/gdws-operation';
import type { ProgramOperation, ValueId } from '../program/operation';
import type { Program } from '../program/program';

/**
 * The GDWS convolutions that take the place of a layer's convolutions in a program, by these.
 *
 * @param constants of the program, to which the stages are added
 * @param pool that numbers them
 */
export function replacedOperations(
  { program, constants }: { readonly program: Program; readonly constants: NativeConstants },
  pool: ConstantPool,
  layer: Layer,
  { counts, kernels, pointwise }: Pick<Stages, 'counts' | 'kernels' | 'pointwise'>,
): Map<ProgramOperation, ProgramOperation> {
  const total = kernels.length / taps(layer.shape);
  const { outputChannels, groups, kernel } = layer.shape;
  const constant = (data: Float32Array, dims: readonly number[]): ValueId => {
    const index = pool.numberOf({ type: 'float32', dims, data });
    constants.set(index, { type: 0, data });
    return program.addValue({ type: 'float32', dims, storage: 'constant', index });
  };
  const operands = {
    depthwise: constant(kernels, [total, 1, ...kernel]),
    pointwise: constant(pointwise, [outputChannels, total / groups, 1, 1]),
    kernels: Array.from(counts),
  };
  return new Map(operationsOf(program, layer).map((operation) => [operation, gdwsInPlaceOf(operation, operands)]));
}
