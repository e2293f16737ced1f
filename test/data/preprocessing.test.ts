import {
  compress,
  ImageSet,
  InferenceSession,
  normalizationOf,
  preprocessingOf,
  presets,
  type Recipe,
} from '../../src';
import { presetNames, withPreset } from '../../src/data/preprocessing';
import { normalizer } from '../../src/robustness/normalized';
import { classifier } from '../cli/small-classifier';

const block = (text: string) => ({ customMetadata: { 'gdws.preprocessing': text } });

test.each(presetNames)('the preset %s is a recipe that makes sense, also as text', (preset) => {
  const recipe = withPreset({ preset });
  expect(recipe).toEqual(presets[preset]);
  expect(preprocessingOf(block(JSON.stringify(recipe)))).toEqual(recipe);
});

test('normalization is in the scale of pixels from 0 to 1', () => {
  expect(normalizationOf({})).toBeUndefined();
  expect(normalizationOf({ preset: 'unit' })).toBeUndefined();
  expect(normalizationOf({ preset: 'torchvision' })).toEqual({
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  });
  const pixels = Float32Array.of(0, 0.5, 1);
  const of = (options: Recipe) => Array.from(normalizer([3, 1, 1], normalizationOf(options)!)(pixels));
  of({ range: 255 }).forEach((value, at) => expect(value).toBeCloseTo(255 * pixels[at]!, 4));
  const [blue, green, red] = presets.caffe.mean!;
  const expected = [-blue!, 127.5 - green!, 255 - red!];
  of(presets.caffe).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 4));
});

test('a model without a block says nothing', () => {
  expect(preprocessingOf({ customMetadata: {} })).toBeUndefined();
  expect(preprocessingOf({ customMetadata: { author: 'gdws' } })).toBeUndefined();
});

test.each([
  ['no JSON', '{'],
  ['empty', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['an unknown field', '{"means":[0]}'],
  ['a name for a preset', '{"preset":"unit"}'],
  ['the prototype', '{"__proto__":{"mean":[1]}}'],
  ['a mean of texts', '{"mean":["0"]}'],
  ['an infinite mean', '{"mean":[1e999]}'],
  ['an empty mean', '{"mean":[]}'],
  ['a deviation of 0', '{"std":[0]}'],
  ['a negative deviation', '{"std":[-1]}'],
  ['a range of its own', '{"range":2}'],
  ['a huge size', '{"size":[100000,100000]}'],
  ['a size of 0', '{"size":0}'],
  ['a crop of 0', '{"crop":0}'],
  ['a long list', JSON.stringify({ mean: new Array<number>(3000).fill(0) })],
])('a block is refused that is %s', (_, text) => {
  expect(() => preprocessingOf(block(text), 'model.onnx')).toThrow(
    expect.objectContaining({ name: 'GdwsError', code: 'MODEL_INVALID', file: 'model.onnx' }) as Error,
  );
});

describe('compress', () => {
  const given = { preset: 'torchvision', std: [1] } as const;
  const recipe = { ...presets.torchvision, std: [1] };

  test('writes what it is given, dense or in integers, and keeps what is there', async () => {
    const images = new ImageSet(
      [3, 8, 8],
      Uint8Array.from({ length: 4 * 192 }, (_, at) => (at * 7) % 256),
      [0, 0, 0, 0],
    );
    const small = await compress(classifier(), { params: 0.8, preprocessing: given });
    const session = await InferenceSession.create(small.bytes());
    expect(preprocessingOf(session)).toEqual(recipe);
    const again = await compress(small.bytes(), { int8: true, calibration: { images } });
    const integers = await InferenceSession.create(again.bytes());
    expect(preprocessingOf(integers)).toEqual(recipe);
    const other = await compress(small.model, { error: 0, preprocessing: { preset: 'unit' } });
    expect(other.model.metadataProps).toEqual([expect.objectContaining({ key: 'gdws.preprocessing', value: '{}' })]);
    // The given model is not changed.
    expect(small.model.metadataProps[0]!.value).toBe(JSON.stringify(recipe));
    await session.release();
    await integers.release();
  });

  test('refuses what makes no sense', async () => {
    await expect(compress(classifier(), { params: 0.8, preprocessing: { std: [0] } })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });
});
