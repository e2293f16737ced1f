import { float, known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(3);

function gemm(): Case {
  const [rows, depth, columns] = random.dims(3, 1, 6) as [number, number, number];
  const [transA, transB] = [random.integer(0, 1), random.integer(0, 1)];
  const addend = random.pick([undefined, [], [1], [columns], [1, columns], [rows, 1], [rows, columns]]);
  const b = random.floats(transB ? [columns, depth] : [depth, columns]);
  const c = addend && random.floats(addend);
  return {
    opType: 'Gemm',
    opset: addend ? random.pick([7, 9, 11, 13]) : 11,
    inputs: [
      random.floats(transA ? [depth, rows] : [rows, depth]),
      random.next() < 0.7 ? known(b) : b,
      ...(c ? [random.next() < 0.5 ? known(c) : c] : []),
    ],
    attributes: {
      transA,
      transB,
      ...(random.next() < 0.5 ? { alpha: float(0.5), beta: float(random.pick([0, 1, 1.5])) } : {}),
    },
  };
}

function matMul(): Case {
  const [rows, depth, columns] = random.dims(3, 1, 5) as [number, number, number];
  const batch = random.dims(random.integer(0, 2), 1, 3);
  const some = (dims: number[]) =>
    dims.map((dim) => (random.next() < 0.3 ? 1 : dim)).slice(random.integer(0, dims.length));
  const a = random.next() < 0.15 ? [depth] : [...(random.next() < 0.5 ? batch : some(batch)), rows, depth];
  const b = random.next() < 0.15 ? [depth] : [...(random.next() < 0.5 ? batch : some(batch)), depth, columns];
  const right = random.floats(b);
  return {
    opType: 'MatMul',
    opset: random.pick([7, 9, 13]),
    inputs: [random.floats(a), random.next() < 0.5 ? known(right) : right],
  };
}

export const productCases: readonly Case[] = [...repeat(50, gemm), ...repeat(50, matMul)];
