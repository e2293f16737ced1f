import { ImageSet, weightErrors, type WeightErrorOptions } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { classifier, first, images, more, network, positiveKernels, small } from './subjects';

test('a signal stops it', async () => {
  const controller = new AbortController();
  const run = weightErrors(network, more, {
    batchSize: 1,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});

describe('bad input is refused before any work', () => {
  const pgd = { attack: 'pgd', norm: 'linf', eps: '8/255' } as const;
  const wrongLabel = new ImageSet([3, 9, 9], images.pixels, [0, 1, 2, 3, 6]);
  const tooBright = new ImageSet(
    [3, 9, 9],
    Float32Array.from(images.pixels, (value) => 2 * value),
    images.labels,
  );
  const one = classifier([[1, 2]]);
  const narrow = new ImageSet([3, 9, 8], new Float32Array(216), [0]);
  const cases: [string, string | Uint8Array, ImageSet, WeightErrorOptions, string, string][] = [
    ['rivals', network, images, { rivals: 0 }, 'ARGUMENT_INVALID', 'rivals is 0'],
    ['tolerance', network, images, { tieTolerance: 1 }, 'ARGUMENT_INVALID', 'tieTolerance is 1'],
    ['batch size', network, images, { batchSize: 1.5 }, 'ARGUMENT_INVALID', 'batchSize'],
    ['threads', network, images, { threads: -1 }, 'ARGUMENT_INVALID', 'hreads is -1'],
    ['seed', network, images, { seed: -1 }, 'ARGUMENT_INVALID', 'seed'],
    ['no images', network, new ImageSet([3, 9, 9], new Float32Array(0), []), {}, 'ARGUMENT_INVALID', 'no images'],
    ['std', network, images, { normalization: { mean: [0], std: [0] } }, 'ARGUMENT_INVALID', 'std is 0'],
    ['eps', network, images, { attack: { ...pgd, eps: 8 } }, 'ARGUMENT_INVALID', 'eps is 8'],
    ['label', network, wrongLabel, { attack: pgd }, 'ARGUMENT_INVALID', 'image 4 has label 6'],
    ['pixels', network, tooBright, { attack: pgd }, 'ARGUMENT_INVALID', 'has a pixel of'],
    ['shape', network, small, {}, 'SHAPE_MISMATCH', 'the model takes'],
    [
      'width',
      classifier([
        [1, 2],
        [2, 1],
      ]),
      narrow,
      first,
      'SHAPE_MISMATCH',
      'the model takes',
    ],
    ['name', network, images, { include: ['absent'] }, 'ARGUMENT_INVALID', 'absent'],
    ['no layer', network, images, { exclude: [/./] }, 'ARGUMENT_INVALID', 'no convolution that may be replaced'],
    [
      'only a first layer',
      classifier([
        [1, 2],
        [2, 1],
      ]),
      small,
      {},
      'ARGUMENT_INVALID',
      'no convolution that may be replaced',
    ],
    [
      'no convolution',
      classifier(
        [
          [1, 2],
          [2, 1],
        ],
        { conv: 'Relu' },
      ),
      small,
      first,
      'ARGUMENT_INVALID',
      'no convolution',
    ],
    ['one class', one, small, first, 'ARGUMENT_INVALID', 'one class'],
    ['model', 'absent.onnx', images, {}, 'MODEL_UNREADABLE', 'absent.onnx'],
  ];
  test.each(cases)('%s', async (_, source, set, options, code, message) => {
    const onProgress = jest.fn();
    const run = weightErrors(source, set, { ...options, onProgress });
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('an operator without a gradient', async () => {
    const index = { type: 'float32' as const, dims: [1], data: Float32Array.of(0) };
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['y'], name: 'conv' }),
        makeNode({ opType: 'GlobalAveragePool', input: ['y'], output: ['p'] }),
        makeNode({ opType: 'Flatten', input: ['p'], output: ['f'] }),
        makeNode({ opType: 'ArgMax', input: ['f'], output: ['i'], attributes: { axis: 0, keepdims: 0 } }),
        makeNode({ opType: 'Gather', input: ['f', 'i'], output: ['logits'], attributes: { axis: 1 } }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['N', 2, 5, 5])],
      outputs: [makeValueInfo('logits', 'float32', ['N', 2])],
      initializers: { w: positiveKernels, unused: index },
    });
    await expect(weightErrors(encodeModel(model), small, first)).rejects.toMatchObject({
      code: 'GRADIENT_UNSUPPORTED',
    });
  });
});
