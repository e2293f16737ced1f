import type { Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(16);

function softmax(opType: string): Case {
  const dims = random.dims(random.integer(1, 4), 1, 5);
  const opset = random.pick([7, 11, 13]);
  const axis = random.integer(opset < 11 ? 0 : -dims.length, dims.length - 1);
  const implied = random.next() < 0.3 && dims.length > 1;
  return { opType, opset, inputs: [random.floats(dims, -5, 5)], attributes: implied ? {} : { axis } };
}

export const softmaxCases: readonly Case[] = ['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((opType) =>
  repeat(16, () => softmax(opType)),
);
