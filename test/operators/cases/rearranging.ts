import { knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(13);

function transpose(): Case {
  const dims = random.dims(random.integer(1, 5), 1, 4);
  const perm = random.shuffle(dims.map((_, axis) => axis));
  const x = random.next() < 0.8 ? random.floats(dims) : random.integers(dims);
  return {
    opType: 'Transpose',
    opset: random.pick([7, 13]),
    inputs: [x],
    attributes: random.next() < 0.2 ? {} : { perm },
  };
}

function expand(): Case {
  const target = random.dims(random.integer(1, 4), 1, 4);
  const dims = target.map((dim) => (random.next() < 0.5 ? 1 : dim)).slice(random.integer(0, target.length - 1));
  const shape = target.map((dim) => (random.next() < 0.1 ? 1 : dim));
  return { opType: 'Expand', opset: 13, inputs: [random.floats(dims), knownIntegers(shape)] };
}

function tile(): Case {
  const dims = random.dims(random.integer(1, 4), 1, 4);
  return { opType: 'Tile', opset: 13, inputs: [random.floats(dims), knownIntegers(random.dims(dims.length, 1, 3))] };
}

function depth(): Case {
  const block = random.integer(1, 3);
  const [n, c, h, w] = random.dims(4, 1, 3) as [number, number, number, number];
  return random.next() < 0.6
    ? {
        opType: 'DepthToSpace',
        opset: random.pick([11, 13]),
        inputs: [random.floats([n, c * block * block, h, w])],
        attributes: { blocksize: block, ...random.pick([{ mode: 'DCR' }, { mode: 'CRD' }]) },
      }
    : {
        opType: 'SpaceToDepth',
        opset: 13,
        inputs: [random.floats([n, c, h * block, w * block])],
        attributes: { blocksize: block },
      };
}

/** Of the first operator set, whose DepthToSpace had no mode. */
function firstDepth(opType: 'DepthToSpace' | 'SpaceToDepth'): Case {
  const dims = opType === 'DepthToSpace' ? [2, 8, 3, 2] : [2, 2, 6, 4];
  return { opType, opset: 7, inputs: [random.floats(dims)], attributes: { blocksize: 2 } };
}

export const rearrangingCases: readonly Case[] = [
  ...repeat(30, transpose),
  ...repeat(15, expand),
  ...repeat(12, tile),
  ...repeat(20, depth),
  firstDepth('DepthToSpace'),
  firstDepth('SpaceToDepth'),
];
