import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { native } from '../../src/addon/native';
import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { ConstantPool } from '../../src/program/constant-pool';
import { nativeTypes } from '../../src/program/element-type';
import { encodeProgram } from '../../src/program/encode';
import { operationOf } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { normalization } from '../graph/small-network';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Normalisation before the first convolution, which nothing folds. */
function normalizedGraph(): Graph {
  const [inputs, initializers] = normalization('bn', 3);
  return new Graph(
    makeModel({
      nodes: [makeNode({ opType: 'BatchNormalization', input: ['x', ...inputs], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', ['batch', 3, 'height', 'width'])],
      outputs: [makeValueInfo('y', 'float32', ['batch', 3, 'height', 'width'])],
      initializers,
    }),
  );
}

const lowered = (graph: Graph, pool: ConstantPool, size: number) =>
  lowerGraph(graph, new Map([['x', { type: 'float32', dims: [1, 3, size, size] }]]), pool);

test('what follows from weights is one constant in the programs of all shapes', () => {
  const [graph, pool] = [normalizedGraph(), new ConstantPool()];
  const programs = [4, 5, 6].map((size) => lowered(graph, pool, size));
  const [first] = programs;
  expect(first!.constants.size).toBe(2);
  for (const { constants } of programs) expect([...constants.keys()]).toEqual([...first!.constants.keys()]);
});

test('a derived constant is made once while it is held, and forgotten with who held it', async () => {
  const pool = new ConstantPool();
  let made = 0;
  const derive = () =>
    pool.derive('ones', (): Constant => {
      made += 1;
      return { type: 'float32', dims: [2], data: Float32Array.of(1, 1) };
    });
  // In a function of its own, whose frame keeps nothing alive.
  const numberWhileHeld = () => {
    const held = derive();
    expect(derive().data).toBe(held.data);
    expect(pool.derivedAmong(new Map([[0, held]]))).toEqual([held.data]);
    return pool.numberOf(held);
  };
  const number = numberWhileHeld();
  expect(made).toBe(1);
  for (let attempt = 0; attempt < 20 && made === 1; attempt++) {
    await setImmediate();
    collectGarbage();
    await setImmediate();
    derive();
  }
  expect(made).toBe(2);
  expect(pool.numberOf(derive())).not.toBe(number);
});

test('numbers of constants may be any, and cost nothing by being high', () => {
  const session = native().createSession(1);
  const compile = (index: number) => {
    const program = new Program();
    const value = program.addValue({ type: 'float32', dims: [1], storage: 'constant', index });
    const sum = program.addValue({ type: 'float32', dims: [1], storage: 'temporary', index: -1 });
    const origin = { node: 'sum', operator: 'Add' };
    program.operations.push(operationOf('binary', [value, value], [sum], origin, { function: 'add' }));
    program.outputs.push(sum);
    const constant = { type: nativeTypes.indexOf('float32'), data: Float32Array.of(index) };
    return new Float32Array(session.compile(encodeProgram(program), [[index, constant]]).runSync([])[0]!)[0];
  };
  for (const index of [0, 1, 2 ** 20, 2 ** 30, 2 ** 31 - 1]) expect(compile(index)).toBe(Math.fround(2 * index));
});
