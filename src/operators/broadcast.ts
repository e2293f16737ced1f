import type { OperatorCall } from './operator';

/** Dims of the numpy broadcast of any number of shapes, or `undefined` where they do not fit. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = shapes.reduce((most, dims) => Math.max(most, dims.length), 0);
  const result = new Array<number>(rank).fill(1);
  for (const dims of shapes) {
    for (let i = 0; i < dims.length; i++) {
      const axis = rank - dims.length + i;
      if (dims[i] === 1) continue;
      if (result[axis] !== 1 && result[axis] !== dims[i]) return undefined;
      result[axis] = dims[i]!;
    }
  }
  return result;
}

/** As {@link broadcast}, for the operands of a node; throws SHAPE_MISMATCH. */
export function broadcastInputs(call: OperatorCall, indices: readonly number[]): number[] {
  const dims = broadcast(indices.map((index) => call.input(index).dims));
  if (!dims) call.fail('SHAPE_MISMATCH', 'the shapes cannot be broadcast together.');
  return dims;
}

/** Throws SHAPE_MISMATCH unless `dims` broadcasts to exactly `target`. */
export function requireBroadcastTo(call: OperatorCall, dims: readonly number[], target: readonly number[]): void {
  const joint = broadcast([dims, target]);
  if (!joint || joint.length !== target.length || joint.some((dim, axis) => dim !== target[axis])) {
    call.fail('SHAPE_MISMATCH', `shape [${dims.join(', ')}] does not broadcast to [${target.join(', ')}].`);
  }
}
