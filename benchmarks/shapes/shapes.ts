import { InvalidArgumentError } from 'commander';
import { Tensor } from 'onnxruntime-common';
import { seededUniform, uniformArray } from '../networks/random';

/**
 * The shapes that `1,3,48,64:1244:20` names: dims, of which each is a number or a range from:to:step with its ends; all
 * combinations of the ranges, in an order that is random and always the same.
 */
export function parseShapes(text: string): number[][] {
  const axes = text.split(',').map((axis) => {
    const numbers = axis.split(':').map(Number);
    const [from, to = from, step = 1] = numbers;
    if (numbers.length > 3 || !numbers.every((value) => Number.isInteger(value) && value > 0)) {
      throw new InvalidArgumentError(`'${axis}' is no dim and no range from:to:step.`);
    }
    const dims: number[] = [];
    for (let dim = from!; dim <= to!; dim += step) dims.push(dim);
    return dims;
  });
  const all = axes.reduce<number[][]>(
    (shapes, dims) => shapes.flatMap((shape) => dims.map((dim) => [...shape, dim])),
    [[]],
  );
  return shuffled(all);
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const uniform = seededUniform(5);
  const keys = items.map(() => uniform());
  return items
    .map((item, index) => ({ item, key: keys[index]! }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Seeded numbers in [-1, 1) of a shape. */
export function tensorOf(dims: readonly number[]): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return new Tensor('float32', uniformArray(seededUniform(3), count, 1), dims);
}
