import { removeIdentities } from '../../src/analysis/remove-identities';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo, type NodeParts } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { floats, smallNetwork } from '../graph/small-network';
import { agreesAfter, operatorsOf } from './agreement';

const value = (name: string) => makeValueInfo(name, 'float32', [2, 3]);
const x = floats([2, 3], 5);

function modelOf(
  nodes: NodeParts[],
  outputs = ['y'],
  initializers: Record<string, Constant> = {},
  opset = 17,
): ModelProto {
  return makeModel({
    nodes: nodes.map(makeNode),
    inputs: [value('x')],
    outputs: outputs.map(value),
    initializers,
    opset,
  });
}

const node = (opType: string, input: string, ...output: string[]): NodeParts => ({
  opType,
  input: input.split(' '),
  output,
});

const cases: [string, ModelProto, string[]][] = [
  [
    'one between two nodes',
    modelOf([node('Relu', 'x', 'a'), node('Identity', 'a', 'b'), node('Neg', 'b', 'y')]),
    ['Relu', 'Neg'],
  ],
  [
    'a chain',
    modelOf([
      node('Identity', 'x', 'a'),
      node('Identity', 'a', 'b'),
      node('Identity', 'b', 'c'),
      node('Neg', 'c', 'y'),
    ]),
    ['Neg'],
  ],
  [
    'one that two nodes read',
    modelOf([node('Neg', 'x', 'a'), node('Identity', 'a', 'b'), node('Add', 'b a', 'c'), node('Mul', 'c b', 'y')]),
    ['Neg', 'Add', 'Mul'],
  ],
  ['one that computes an output', modelOf([node('Neg', 'x', 'a'), node('Identity', 'a', 'y')]), ['Neg']],
  [
    'one that computes an output of what others read too',
    modelOf([node('Neg', 'x', 'a'), node('Identity', 'a', 'y'), node('Relu', 'a', 'z')], ['y', 'z']),
    ['Neg', 'Relu'],
  ],
  [
    'a chain before an output',
    modelOf(
      [node('Neg', 'x', 'a'), node('Identity', 'a', 'b'), node('Identity', 'b', 'y'), node('Relu', 'b', 'z')],
      ['y', 'z'],
    ),
    ['Neg', 'Relu'],
  ],
  [
    'a chain through an output',
    modelOf(
      [node('Neg', 'x', 'a'), node('Identity', 'a', 'y'), node('Identity', 'y', 'b'), node('Relu', 'b', 'z')],
      ['y', 'z'],
    ),
    ['Neg', 'Relu'],
  ],
  [
    'two outputs of one node: one stays',
    modelOf([node('Neg', 'x', 'a'), node('Identity', 'a', 'y'), node('Identity', 'a', 'z')], ['y', 'z']),
    ['Neg', 'Identity'],
  ],
  [
    'from an output to an output: it stays',
    modelOf([node('Neg', 'x', 'y'), node('Identity', 'y', 'z')], ['y', 'z']),
    ['Neg', 'Identity'],
  ],
  ['from an input to an output: it stays', modelOf([node('Identity', 'x', 'y')]), ['Identity']],
  [
    'from an initializer to an output: it stays',
    modelOf([node('Identity', 'w', 'y')], ['y'], { w: floats([2, 3]) }),
    ['Identity'],
  ],
  [
    'of an initializer',
    modelOf([node('Identity', 'w', 'v'), node('Add', 'x v', 'y')], ['y'], { w: floats([2, 3]) }),
    ['Add'],
  ],
  ['a dropout of opset 7', modelOf([node('Dropout', 'x', 'a'), node('Neg', 'a', 'y')], ['y'], {}, 7), ['Neg']],
  ['a dropout whose mask is not read', modelOf([node('Dropout', 'x', 'a', 'mask'), node('Neg', 'a', 'y')]), ['Neg']],
  [
    'a dropout that is told not to train',
    modelOf([node('Dropout', 'x ratio mode', 'a'), node('Neg', 'a', 'y')], ['y'], {
      ratio: { type: 'float32', dims: [], data: Float32Array.of(0.3) },
      mode: { type: 'bool', dims: [], data: Uint8Array.of(0) },
    }),
    ['Neg'],
  ],
];
test.each(cases)('%s', async (_, model, operators) => {
  const graph = await agreesAfter(model, { x }, removeIdentities);
  expect(operatorsOf(graph)).toEqual(operators);
});

const kept: [string, ModelProto][] = [
  [
    'a dropout that trains',
    modelOf([node('Dropout', 'x  mode', 'a'), node('Neg', 'a', 'y')], ['y'], {
      mode: { type: 'bool', dims: [], data: Uint8Array.of(1) },
    }),
  ],
  [
    'a dropout whose mode is not known',
    modelOf([node('Cast', 'x', 'mode'), node('Dropout', 'x  mode', 'a'), node('Neg', 'a', 'y')]),
  ],
  ['a dropout whose mask is an output', modelOf([node('Dropout', 'x', 'a', 'z'), node('Neg', 'a', 'y')], ['y', 'z'])],
  [
    'a dropout of opset 6, where training was the default',
    modelOf([node('Dropout', 'x', 'a'), node('Neg', 'a', 'y')], ['y'], {}, 6),
  ],
  [
    'an Identity of another domain',
    modelOf([{ ...node('Identity', 'x', 'a'), domain: 'com.example' }, node('Neg', 'a', 'y')]),
  ],
];
test.each(kept)('%s stays', (_, model) => {
  const graph = new Graph(model);
  const before = operatorsOf(graph);
  expect(removeIdentities(graph)).toBe(0);
  expect(operatorsOf(graph)).toEqual(before);
});

test('what the body of an If reads stays under its name', async () => {
  const model = smallNetwork();
  model.graph!.node.find(({ opType }) => opType === 'Pad')!.output[0] = 'unnamed';
  model.graph!.node.push(makeNode(node('Identity', 'unnamed', 'padded')));
  const graph = await agreesAfter(model, { x: floats([2, 3, 6, 6]) }, removeIdentities);
  expect(operatorsOf(graph).filter((opType) => opType === 'Identity')).toHaveLength(1);
  expect(operatorsOf(graph)).not.toContain('Dropout');
});
