import { known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(23);

function reverse(): Case {
  const dims = random.dims(random.integer(2, 4), 1, 5);
  const timeAxis = random.integer(0, 1);
  const lengths = random.integers([dims[1 - timeAxis]!], 1, dims[timeAxis]);
  return {
    opType: 'ReverseSequence',
    opset: 10,
    inputs: [random.floats(dims), random.next() < 0.5 ? known(lengths) : lengths],
    attributes: timeAxis === 0 && random.next() < 0.5 ? {} : { time_axis: timeAxis, batch_axis: 1 - timeAxis },
  };
}

export const reversalCases: readonly Case[] = repeat(12, reverse);
