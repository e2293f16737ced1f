import type { NameOf, ValueId } from '../program/operation';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';

/** Zeros of the dims of a forward value. */
function zerosLike(tape: Tape, value: ValueId): ValueId {
  return tape.expand(tape.filled(0), tape.dims(value));
}

export const gatherElements: Rule<'gatherElements'> = (tape, { inputs, attributes: { axis } }, gradient) => {
  const [x, index] = inputs as [ValueId, ValueId];
  tape.add(x, () =>
    tape.emit('scatterElements', [zerosLike(tape, x), tape.use(index), gradient], tape.dims(x), {
      axis,
      update: 'add',
    }),
  );
};

export const gatherND: Rule<'gatherND'> = (tape, { inputs, attributes: { batchAxes } }, gradient) => {
  const [x, index] = inputs as [ValueId, ValueId];
  tape.add(x, () => {
    if (batchAxes > 0) throw new Unsupported('of a GatherND with batch_dims');
    return tape.emit('scatterND', [zerosLike(tape, x), tape.use(index), gradient], tape.dims(x), { update: 'add' });
  });
};

export const topK: Rule<'topK'> = (tape, { inputs, outputs, attributes: { axis } }, gradient) => {
  const x = inputs[0]!;
  tape.add(x, () =>
    tape.emit('scatterElements', [zerosLike(tape, x), tape.use(outputs[1]!), gradient], tape.dims(x), {
      axis,
      update: 'add',
    }),
  );
};

/** Replaced elements have no gradient. Indices of a replacement must be unique. */
export const scatterElements: Rule<'scatterElements'> = (tape, { inputs, attributes: { axis, update } }, gradient) => {
  const [x, index, updates] = inputs as [ValueId, ValueId, ValueId];
  requireDifferentiable(update);
  tape.add(x, () => {
    if (update === 'add') return gradient;
    const operands = [gradient, tape.use(index), zerosLike(tape, updates)];
    return tape.emit('scatterElements', operands, tape.dims(x), { axis, update: 'replace' });
  });
  tape.add(updates, () => tape.emit('gatherElements', [gradient, tape.use(index)], tape.dims(updates), { axis }));
};

export const scatterND: Rule<'scatterND'> = (tape, { inputs, attributes: { update } }, gradient) => {
  const [x, index, updates] = inputs as [ValueId, ValueId, ValueId];
  requireDifferentiable(update);
  tape.add(x, () => {
    if (update === 'add') return gradient;
    return tape.emit('scatterND', [gradient, tape.use(index), zerosLike(tape, updates)], tape.dims(x), {
      update: 'replace',
    });
  });
  tape.add(updates, () => tape.emit('gatherND', [gradient, tape.use(index)], tape.dims(updates), { batchAxes: 0 }));
};

function requireDifferentiable(update: NameOf<'ScatterUpdate'>): void {
  if (update !== 'replace' && update !== 'add') throw new Unsupported('of a scatter by mul, max or min');
}

/** The cumulative sum in the other direction. */
export const cumulativeSum: Rule<'cumulativeSum'> = (
  tape,
  { inputs, attributes: { axis, exclusive, reverse } },
  gradient,
) => {
  const x = inputs[0]!;
  tape.add(x, () => tape.emit('cumulativeSum', [gradient], tape.dims(x), { axis, exclusive, reverse: !reverse }));
};
