import { defaultLimits } from '../../src';
import { decodeModel } from '../../src/onnx/read';
import { scanModel } from '../../src/onnx/scan';
import { encodeModel } from '../../src/onnx/write';
import { Exerciser } from '../fuzz/exerciser';
import { makeSeeds } from '../fuzz/seeds';
import { refusal } from '../onnx/refusal';
import { attributeField, block, graphField, modelOf, nodeField, repeated, tensorField } from './wire';

const limits = defaultLimits;
const decoding = (bytes: Uint8Array) => () => decodeModel(bytes, 'm.onnx');
const seed = encodeModel(makeSeeds().get('residual')!);

test('what is whole passes, and is no longer whole where anything is cut off', () => {
  for (const model of makeSeeds().values()) expect(() => scanModel(encodeModel(model), limits)).not.toThrow();
  let whole = 0;
  for (let length = 0; length < seed.length; length++) {
    try {
      scanModel(seed.subarray(0, length), limits);
      whole++;
    } catch (error) {
      expect((error as Error).name).toBe('Error');
    }
  }
  // Cut between two fields of the model itself.
  expect(whole).toBeLessThan(6);
});

test.each([
  ['a length beyond the end', Uint8Array.of(0x3a, 5, 0, 0)],
  ['a length of 2^63', Uint8Array.of(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 127)],
  ['a length beyond the message around it', modelOf(Uint8Array.of(0x0a, 9, 1))],
  ['a number without an end', Uint8Array.of(8, 255, 255, 255)],
  ['a number of 11 bytes', Uint8Array.of(8, ...new Array<number>(10).fill(255), 1)],
  ['a group', Uint8Array.of(0x3b, 0x3c)],
  ['a graph that is a number', Uint8Array.of(0x38, 1)],
  ['a name that is a number', modelOf(Uint8Array.of(0x10, 1))],
  [
    'packed floats that end within one',
    modelOf(block(graphField.initializer, block(tensorField.floatData, new Uint8Array(6)))),
  ],
  [
    'packed integers that end within one',
    modelOf(block(graphField.initializer, block(tensorField.dims, Uint8Array.of(128)))),
  ],
])('%s is no model', (_, bytes) => {
  expect(decoding(bytes)).toThrow(refusal({ code: 'MODEL_UNREADABLE', file: 'm.onnx' }));
});

test('nodes are counted before anything is decoded, those of subgraphs too', () => {
  const node = block(graphField.node);
  const within = block(graphField.node, block(nodeField.attribute, block(attributeField.g, repeated(node, 3))));
  const count = (bytes: Uint8Array, nodes: number) => () => scanModel(bytes, { ...limits, nodes });
  expect(count(modelOf(within), 4)).not.toThrow();
  expect(count(modelOf(within), 3)).toThrow(refusal({ code: 'LIMIT_EXCEEDED' }));
  expect(decoding(modelOf(repeated(node, limits.nodes + 1)))).toThrow(
    refusal({ code: 'LIMIT_EXCEEDED', file: 'm.onnx' }),
  );
});

/** Some 16 MB that decoding would make gigabytes of JavaScript's objects. */
const bombs: readonly [string, () => Uint8Array][] = [
  ['initializers', () => modelOf(repeated(block(graphField.initializer), 8_000_000))],
  ['dimensions', () => modelOf(block(graphField.initializer, block(tensorField.dims, new Uint8Array(16_000_000))))],
  ['names', () => modelOf(block(graphField.node, repeated(block(nodeField.input), 8_000_000)))],
  ['unknown fields', () => modelOf(repeated(block(1000), 5_000_000))],
];

describe('what would fill the heap of JavaScript is refused:', () => {
  const exerciser = new Exerciser();
  afterAll(() => exerciser.close());
  test.each(bombs)('%s', async (_, make) => {
    expect(await exerciser.exercise(make())).toEqual({
      outcome: { run: 'OUT_OF_MEMORY', gradient: 'OUT_OF_MEMORY', compress: 'OUT_OF_MEMORY' },
    });
  });
});
