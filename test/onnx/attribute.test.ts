import { create } from '@bufbuild/protobuf';
import {
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  makeAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { AttributeProto_AttributeType as Type, AttributeProtoSchema, type NodeProto } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { encodeTensor } from '../../src/onnx/tensor';
import { encodeModel } from '../../src/onnx/write';
import { refusal } from './refusal';

const tensor = encodeTensor('t', { type: 'int64', dims: [1], data: BigInt64Array.of(7n) });
const attributes = {
  int: -3,
  float: { float: 0.1 },
  text: 'SAME_UPPER',
  ints: [1, -2, 3],
  floats: { floats: [0.1, 2] },
  texts: ['a', 'b'],
  none: [],
  tensor: { tensor },
};

/** The node as it is in memory, and as it is when it has been in a file. */
function nodes(): [string, NodeProto][] {
  const node = makeNode({ opType: 'Some', name: 'some', input: ['x'], output: ['y'], attributes });
  const x = makeValueInfo('x', 'float32', [1]);
  const model = makeModel({ nodes: [node], inputs: [x], outputs: [makeValueInfo('y', 'float32', [1])] });
  return [
    ['made', node],
    ['read', decodeModel(encodeModel(model)).graph!.node[0]!],
  ];
}

test.each(nodes())('each attribute of a node that was %s has its value', (_, node) => {
  expect(intAttribute(node, 'int')).toBe(-3);
  expect(floatAttribute(node, 'float')).toBe(Math.fround(0.1));
  expect(stringAttribute(node, 'text')).toBe('SAME_UPPER');
  expect(intsAttribute(node, 'ints')).toEqual([1, -2, 3]);
  expect(floatsAttribute(node, 'floats')).toEqual([Math.fround(0.1), 2]);
  expect(stringsAttribute(node, 'texts')).toEqual(['a', 'b']);
  expect(intsAttribute(node, 'none')).toEqual([]);
  expect(tensorAttribute(node, 'tensor')).toEqual(tensor);
  expect(hasAttribute(node, 'int')).toBe(true);
});

test('an absent attribute has its default, or is an error', () => {
  const node = makeNode({ opType: 'Conv', name: 'first', input: [], output: [] });
  expect(intAttribute(node, 'group', 1)).toBe(1);
  expect(intsAttribute(node, 'pads', [0, 0])).toEqual([0, 0]);
  expect(floatAttribute(node, 'alpha', 0)).toBe(0);
  expect(stringAttribute(node, 'auto_pad', '')).toBe('');
  expect(tensorAttribute(node, 'value')).toBeUndefined();
  expect(hasAttribute(node, 'group')).toBe(false);
  const place = { code: 'MODEL_INVALID' as const, node: 'first', operator: 'Conv' };
  expect(() => intAttribute(node, 'group')).toThrow(refusal(place));
});

test('an attribute of another type is an error that names the node, or its output', () => {
  const [[, node]] = nodes() as [[string, NodeProto]];
  const place = { code: 'MODEL_INVALID' as const, node: 'some', operator: 'Some' };
  for (const read of [
    () => intAttribute(node, 'float', 1),
    () => intAttribute(node, 'ints', 1),
    () => intsAttribute(node, 'int'),
    () => floatAttribute(node, 'int'),
    () => stringAttribute(node, 'texts'),
    () => tensorAttribute(node, 'int'),
  ]) {
    expect(read).toThrow(refusal(place));
  }
  node.name = '';
  expect(() => intAttribute(node, 'float')).toThrow(refusal({ node: 'y' }));
});

test('files of before IR version 3 state no type; the value must then be of the one that is wanted', () => {
  const node = makeNode({ opType: 'Some', name: 'some', input: [], output: [] });
  node.attribute.push(
    create(AttributeProtoSchema, { name: 'i', i: 5n }),
    create(AttributeProtoSchema, { name: 'is', ints: [1n] }),
  );
  expect(intAttribute(node, 'i')).toBe(5);
  expect(intsAttribute(node, 'is')).toEqual([1]);
  expect(() => floatAttribute(node, 'i')).toThrow(refusal({ code: 'MODEL_INVALID' }));
  // A typed attribute without a value is 0: writers of proto3 leave zeros out.
  node.attribute.push(create(AttributeProtoSchema, { name: 'zero', type: Type.INT }));
  expect(intAttribute(node, 'zero')).toBe(0);
  node.attribute.push(create(AttributeProtoSchema, { name: 'empty', type: Type.TENSOR }));
  expect(() => tensorAttribute(node, 'empty')).toThrow(refusal({ code: 'MODEL_INVALID' }));
});

test('an attribute that refers to one of a function has no value', () => {
  const node = makeNode({ opType: 'Some', name: 'some', input: [], output: [] });
  node.attribute.push(create(AttributeProtoSchema, { name: 'axis', type: Type.INT, refAttrName: 'axis' }));
  expect(() => intAttribute(node, 'axis', 0)).toThrow(refusal({ code: 'MODEL_INVALID' }));
});

test('integers beyond those of JavaScript stand for the farthest', () => {
  const node = makeNode({ opType: 'Slice', input: [], output: [] });
  const attribute = makeAttribute('ends', [1]);
  attribute.ints = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n - 1n];
  node.attribute.push(attribute);
  expect(intsAttribute(node, 'ends')).toEqual([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 53 - 1]);
});
