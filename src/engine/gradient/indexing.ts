import type { ValueId } from '../../program/operation';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';

// Numbers of the updates of a scatter: native/kernels/scatter_elements/update.h.
const replace = 0;
const add = 1;

/** Zeros of the dims of a forward value. */
function zerosLike(tape: Tape, value: ValueId): ValueId {
  return tape.expand(tape.filled(0), tape.dims(value));
}

export const gatherElements: Rule = (tape, { inputs, ints: [axis = 0] }, gradient) => {
  const [x, index] = inputs as [ValueId, ValueId];
  tape.add(x, () =>
    tape.emit('scatterElements', [zerosLike(tape, x), tape.use(index), gradient], tape.dims(x), [axis, add]),
  );
};

export const gatherND: Rule = (tape, { inputs, ints: [batchAxes = 0] }, gradient) => {
  const [x, index] = inputs as [ValueId, ValueId];
  tape.add(x, () => {
    if (batchAxes > 0) throw new Unsupported('of a GatherND with batch_dims');
    return tape.emit('scatterND', [zerosLike(tape, x), tape.use(index), gradient], tape.dims(x), [add]);
  });
};

export const topK: Rule = (tape, { inputs, outputs, ints: [axis = 0] }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () =>
    tape.emit('scatterElements', [zerosLike(tape, x), tape.use(outputs[1]!), gradient], tape.dims(x), [axis, add]),
  );
};

/** What is replaced does not count any more; what replaces it should be named once. */
export const scatterElements: Rule = (tape, { inputs, ints: [axis = 0, update] }, gradient) => {
  const [x, index, updates] = inputs as [ValueId, ValueId, ValueId];
  requireDifferentiable(update);
  tape.add(x, () => {
    if (update === add) return gradient;
    const operands = [gradient, tape.use(index), zerosLike(tape, updates)];
    return tape.emit('scatterElements', operands, tape.dims(x), [axis, replace]);
  });
  tape.add(updates, () => tape.emit('gatherElements', [gradient, tape.use(index)], tape.dims(updates), [axis]));
};

export const scatterND: Rule = (tape, { inputs, ints: [update] }, gradient) => {
  const [x, index, updates] = inputs as [ValueId, ValueId, ValueId];
  requireDifferentiable(update);
  tape.add(x, () => {
    if (update === add) return gradient;
    return tape.emit('scatterND', [gradient, tape.use(index), zerosLike(tape, updates)], tape.dims(x), [replace]);
  });
  tape.add(updates, () => tape.emit('gatherND', [gradient, tape.use(index)], tape.dims(updates), [0]));
};

function requireDifferentiable(update: number | undefined): void {
  if (update !== replace && update !== add) throw new Unsupported('of a scatter by mul, max or min');
}

/** The same sum from the other end. */
export const cumulativeSum: Rule = (tape, { inputs, ints: [axis = 0, exclusive = 0, reverse = 0] }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () => tape.emit('cumulativeSum', [gradient], tape.dims(x), [axis, exclusive, 1 - reverse]));
};
