import { compress } from '../../src';
import { describeModel } from '../../src/cli/description';
import { InferenceSession } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { nodesWithin } from '../../src/graph/reads';
import { encodeModel } from '../../src/onnx/write';
import { body, constants, expectAlike, floats, info, model, tensors } from '../engine/segments/models';
import { evaluate } from '../onnx/oracle';
import { Random } from '../operators/random';

const random = new Random(3);
const kernels = () => random.floats([8, 8, 3, 3], -0.3, 0.3);
const pads = { pads: [1, 1, 1, 1] };

/** Convolutions outside and within the branches of an If; only a branch reads some weights of the main graph. */
const branching = () =>
  model({
    nodes: [
      { opType: 'Conv', name: 'first', input: ['x', 'w1'], output: ['c1'], attributes: pads },
      { opType: 'Conv', name: 'second', input: ['c1', 'w2'], output: ['c2'], attributes: pads },
      { opType: 'ReduceMean', name: 'mean', input: ['c1'], output: ['mean'], attributes: { keepdims: 0 } },
      { opType: 'Greater', name: 'greater', input: ['mean', 'limit'], output: ['isLarge'] },
      {
        opType: 'If',
        name: 'if',
        input: ['isLarge'],
        output: ['y'],
        attributes: {
          then_branch: body({
            nodes: [{ opType: 'Conv', name: 'within', input: ['c2', 'outer'], output: ['r'], attributes: pads }],
            outputs: ['r'],
          }),
          else_branch: body({
            nodes: [{ opType: 'Conv', name: 'within', input: ['c2', 'own'], output: ['r'], attributes: pads }],
            outputs: ['r'],
            initializers: { own: kernels() },
          }),
        },
      },
    ],
    inputs: [info('x', 'float32', [1, 8, 6, 6])],
    outputs: ['y'],
    initializers: { w1: kernels(), w2: kernels(), outer: kernels(), limit: floats([], 0) },
  });

test('a network with subgraphs is compressed around them', async () => {
  const dense = branching();
  const { model: small, summary } = await compress(dense, { macs: 0.8 });
  expect(summary.layers.map(({ name, status, reason }) => [name, status, reason])).toEqual([
    ['first', 'dense', 'first convolution'],
    ['second', 'gdws', undefined],
    ['within', 'dense', 'within If, Loop or Scan'],
    ['within', 'dense', 'within If, Loop or Scan'],
  ]);
  const graph = new Graph(small);
  expect(graph.constant('outer')).toEqual(new Graph(dense).constant('outer'));
  expect(graph.nodes.flatMap(nodesWithin).map(({ name }) => name)).toEqual(['within', 'within']);
  const session = await InferenceSession.create(encodeModel(small));
  for (const sign of [-1, 1]) {
    const x = random.floats([1, 8, 6, 6], Math.min(sign, 0), Math.max(sign, 0));
    expectAlike(constants(await session.run(tensors({ x }))), await evaluate(small, { x }), 1e-4);
  }
  await session.release();
});

test('a description counts the nodes of subgraphs, and lists the layers outside', () => {
  const { operators, layers, nodesWithin: within, runs } = describeModel(new Graph(branching()));
  expect(operators.find(({ type }) => type === 'Conv')).toMatchObject({ count: 4, runs: true });
  expect(layers.map(({ name }) => name)).toEqual(['first', 'second']);
  expect({ within, runs }).toEqual({ within: 2, runs: true });
});
