import fs from 'node:fs/promises';
import path from 'node:path';
import { Tensor } from 'onnxruntime-common';
import sharp from 'sharp';
import {
  compress,
  imageTensor,
  ImageSet,
  normalizationOf,
  presets,
  readNpy,
  writeNpy,
  type ImageTensorOptions,
} from '../../src';
import { imagesOf } from '../../src/cli/data-options';
import { recipeFor } from '../../src/cli/preprocessing-options';
import { metadataWith } from '../../src/data/preprocessing-block';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier, spreadOver } from './small-classifier';

const folder = temporaryFolder();
const home = process.cwd();
type Dims = readonly (number | string)[];

/** A model that gives its input back. */
async function identity(file: string, dims: Dims, type: DataType = 'float32'): Promise<string> {
  const nodes = [makeNode({ opType: 'Identity', input: ['x'], output: ['y'] })];
  const [inputs, outputs] = ['x', 'y'].map((name) => [makeValueInfo(name, type, dims)]);
  await fs.writeFile(file, encodeModel(makeModel({ nodes, inputs: inputs!, outputs: outputs! })));
  return file;
}

/** The network's input, of a picture of 9×12. */
async function fed(dims: Dims, type?: DataType, ...args: string[]) {
  const model = await identity('identity.onnx', dims, type);
  const ran = await inProcess('run', model, '--input', 'photo.png', '--output', 'out.npy', ...args);
  expect(ran).toMatchObject({ code: 0 });
  return { ...ran, tensor: await readNpy('out.npy') };
}

const expectTensor = async (
  tensor: Tensor,
  options: ImageTensorOptions,
  dims: readonly number[],
  file = 'photo.png',
) => {
  const expected = await imageTensor(file, options);
  expect(tensor.dims).toEqual(dims);
  expect(Array.from(tensor.data as Float32Array, Number)).toEqual(Array.from(expected.data as Float32Array, Number));
};

async function error(...args: string[]): Promise<string> {
  const { code, stderr } = await inProcess(...args);
  expect(code).toBeGreaterThan(0);
  // One line.
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return stderr;
}

beforeAll(async () => {
  process.chdir(folder.path);
  const pixels = Uint8Array.from({ length: 9 * 12 * 3 }, (_, at) => (at * 31 + (at % 7) * 11) % 256);
  await sharp(pixels, { raw: { width: 12, height: 9, channels: 3 } })
    .png()
    .toFile('photo.png');
  await fs.writeFile('text.jpg', 'a text');
});
afterAll(() => process.chdir(home));

describe('the input that a picture becomes', () => {
  test('planes, of the size that the model declares', async () => {
    const { tensor, stderr } = await fed(['n', 3, 4, 4], 'float32', '--preset', 'torchvision');
    await expectTensor(tensor, { preset: 'torchvision', size: 4 }, [1, 3, 4, 4]);
    expect(stderr).toContain(
      "input 'x': photo.png, 9×12 became 4×4: 0 to 1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225, cover 0.875 (as given)",
    );
  });

  test('options change parts of a preset', async () => {
    const args = ['--preset', 'caffe', '--mean', '1,2,3', '--fit', 'fill', '--order', 'rgb', '--std', '2'];
    const { tensor } = await fed([1, 3, 4, 5], 'float32', ...args);
    const options = { range: 255, mean: [1, 2, 3], std: [2], fit: 'fill', size: [4, 5] } as const;
    await expectTensor(tensor, options, [1, 3, 4, 5]);
  });

  test.each<[string, Dims, DataType | undefined, ImageTensorOptions, number[]]>([
    ['channels last', [1, 4, 5, 3], undefined, { layout: 'nhwc', size: [4, 5] }, [1, 4, 5, 3]],
    ['grey', ['n', 1, 4, 4], undefined, { channels: 1, size: 4 }, [1, 1, 4, 4]],
    ['grey, channels last', ['n', 4, 4, 1], undefined, { channels: 1, size: 4 }, [1, 4, 4, 1]],
    ['bytes', [1, 3, 4, 4], 'uint8', { type: 'uint8', size: 4 }, [1, 3, 4, 4]],
    ['integers', [1, 3, 4, 4], 'int32', { type: 'uint8', size: 4 }, [1, 3, 4, 4]],
    ['float64', [1, 3, 4, 4], 'float64', { size: 4 }, [1, 3, 4, 4]],
    ['float16', [1, 3, 4, 4], 'float16', { type: 'float16', size: 4 }, [1, 3, 4, 4]],
    ['no batch', [3, 4, 4], undefined, { size: 4 }, [3, 4, 4]],
    ['a batch of grey', ['n', 4, 4], undefined, { channels: 1, size: 4 }, [1, 4, 4]],
    ['its own size', ['n', 'c', 'h', 'w'], undefined, {}, [1, 3, 9, 12]],
    ['an open width', ['n', 3, 6, 'w'], undefined, { size: [6, 8] }, [1, 3, 6, 8]],
    ['an open height', ['n', 'h', 6, 3], undefined, { layout: 'nhwc', size: [5, 6] }, [1, 5, 6, 3]],
  ])('%s: %j', async (_, dims, type, options, expected) => {
    await expectTensor((await fed(dims, type)).tensor, options, expected);
  });

  test('open sizes are those of --size, or of the preset', async () => {
    const dims = ['n', 3, 'h', 'w'];
    await expectTensor((await fed(dims, undefined, '--size', '5')).tensor, { size: 5 }, [1, 3, 5, 5]);
    await expectTensor((await fed(dims, undefined, '--size', '4x6')).tensor, { size: [4, 6] }, [1, 3, 4, 6]);
    const cifar = (await fed(dims, undefined, '--preset', 'cifar10')).tensor;
    await expectTensor(cifar, { preset: 'cifar10' }, [1, 3, 32, 32]);
    const last = (await fed(['n', 'h', 'w', 'c'], undefined, '--layout', 'nhwc', '--size', '4')).tensor;
    await expectTensor(last, { layout: 'nhwc', size: 4 }, [1, 4, 4, 3]);
  });

  test('beside arrays, by name', async () => {
    await writeNpy('scale.npy', new Tensor('float32', Float32Array.of(2), [1]));
    const nodes = [makeNode({ opType: 'Mul', input: ['image', 'scale'], output: ['y'] })];
    const value = (name: string, dims: Dims) => makeValueInfo(name, 'float32', dims);
    const inputs = [value('image', [1, 3, 4, 4]), value('scale', [1])];
    const model = makeModel({ nodes, inputs, outputs: [value('y', [1, 3, 4, 4])] });
    await fs.writeFile('scaled.onnx', encodeModel(model));
    const names = ['--input', 'image=photo.png', '--input', 'scale=scale.npy'];
    expect(await inProcess('run', 'scaled.onnx', ...names, '--output', 'out.npy')).toMatchObject({ code: 0 });
    const expected = await imageTensor('photo.png', { size: 4 });
    expect((await readNpy('out.npy')).data).toEqual((expected.data as Float32Array).map((one) => 2 * one));
    expect(await error('run', 'scaled.onnx', '--input', 'photo.png')).toContain('photo.png: the model has 2 inputs');
  });
});

describe('the first line says what is wrong', () => {
  const refused = async (dims: Dims, type: DataType = 'float32', ...args: string[]) =>
    error('run', await identity('identity.onnx', dims, type), '--input', 'photo.png', ...args);

  test.each<[string, Dims, DataType, string]>([
    [
      'two axes',
      ['n', 2],
      'float32',
      "SHAPE_MISMATCH]: photo.png, tensor 'x', shape [n, 2]: the input takes no single picture: it has 2 axes. Pictures are for (N, C, H, W)",
    ],
    [
      '7 channels',
      [1, 7, 4, 4],
      'float32',
      "photo.png, tensor 'x', shape [1, 7, 4, 4]: the input takes no single picture: it has 7 channels",
    ],
    ['a batch', [8, 3, 4, 4], 'float32', 'shape [8, 3, 4, 4]: the input takes no single picture: it takes 8 at once.'],
    [
      'signed bytes',
      [1, 3, 4, 4],
      'int8',
      "TYPE_MISMATCH]: photo.png, tensor 'x', shape [1, 3, 4, 4]: the model takes int8",
    ],
  ])('%s', async (_, dims, type, message) => {
    expect(await refused(dims, type)).toContain(message);
  });

  test('bytes that are to be normalized', async () => {
    expect(await refused([1, 3, 4, 4], 'uint8', '--preset', 'torchvision')).toContain('bytes are from 0 to 255');
  });

  test('a size that the model does not take', async () => {
    expect(await refused([1, 3, 4, 4], 'float32', '--size', '5')).toContain('--size is 5×5, and the model takes 4×4.');
    expect(await refused([1, 3, 4, 'w'], 'float32', '--size', '5')).toContain('and the model takes 4×w.');
    const { stderr, code } = await inProcess('run', 'identity.onnx', '--input', 'photo.png', '--size', '1x2x3');
    expect([code, stderr]).toEqual([2, expect.stringContaining("'1x2x3' is not of the form")]);
  });

  test('files that are no pictures', async () => {
    const model = await identity('identity.onnx', [1, 3, 4, 4]);
    expect(await error('run', model, '--input', 'text.jpg')).toMatch(
      /DATA_UNREADABLE.*text\.jpg.*unsupported image format/,
    );
    await fs.writeFile('photo.heic', 'a text');
    expect(await error('run', model, '--input', 'photo.heic')).toContain('Pictures are JPEG, PNG,');
    expect(await error('run', model, '--input', 'absent.jpg')).toMatch(/DATA_UNREADABLE.*absent\.jpg.*missing/);
    expect(await error('run', model, '--input', 'photo.png', '--output', 'photo.png')).toContain(
      'the output is what is read',
    );
  });

  test('a line of pixels that would become very wide', async () => {
    const line = { width: 60000, height: 1, channels: 3, background: 'red' } as const;
    await sharp({ create: line }).png().toFile('line.png');
    const model = await identity('identity.onnx', [1, 3, 1000, 'w']);
    expect(await error('run', model, '--input', 'line.png')).toContain(
      "line.png, tensor 'x', shape [1, 3, 1000, w]: the picture would become 1000×60000000 pixels.",
    );
  });

  test('options of pictures where there are none', async () => {
    const model = await identity('identity.onnx', ['n', 2]);
    await writeNpy('two.npy', new Tensor('float32', new Float32Array(2), [1, 2]));
    for (const option of [
      ['--preset', 'unit'],
      ['--size', '4'],
      ['--crop', '0.9'],
      ['--layout', 'nchw'],
    ]) {
      const message = await error('run', model, '--input', 'two.npy', ...option);
      expect(message).toContain(`${option[0]} belongs to pictures, and no input is one.`);
    }
  });

  test('without sharp', async () => {
    const model = await identity('identity.onnx', [1, 3, 4, 4]);
    jest.doMock('sharp', () => {
      throw Object.assign(new Error("Cannot find module 'sharp'"), { code: 'MODULE_NOT_FOUND' });
    });
    try {
      jest.resetModules();
      const { inProcess: anew } = jest.requireActual<{ inProcess: typeof inProcess }>('./in-process');
      const { stderr } = await anew('run', model, '--input', 'photo.png');
      expect(stderr).toContain("the package 'sharp' is not installed. Install it: npm install sharp");
    } finally {
      jest.dontMock('sharp');
    }
  });
});

describe('classes', () => {
  const run = (...args: string[]) => inProcess('run', 'classes.onnx', '--input', 'photo.png', ...args);
  beforeAll(async () => {
    await fs.writeFile('classes.onnx', classifier({ bias: [0, 30, 10, 20] }));
    await fs.writeFile('labels.txt', 'ant\nbee\ncat\ndog\n');
  });

  test('by name, with probabilities', async () => {
    const { stdout, code } = await run('--labels', 'labels.txt', '--top', '2');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /index +class +probability +value\n +1 +bee +100\.0 % .*\n +3 +dog +0\.0 % .*\n +probability: softmax of the values/,
    );
    const document = JSON.parse((await run('--labels', 'labels.txt', '--json')).stdout) as {
      outputs: { probabilities: string; top: { label: string; probability: number }[][] }[];
    };
    const [output] = document.outputs;
    expect(output!.probabilities).toBe('softmax');
    expect(output!.top[0]!.map(({ label }) => label)).toEqual(['bee', 'dog', 'cat', 'ant']);
    expect(output!.top[0]!.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  });

  test('probabilities that the network gives stay as they are', async () => {
    await writeNpy('given.npy', new Tensor('float32', Float32Array.of(0.25, 0.75), [1, 2]));
    const model = await identity('identity.onnx', ['n', 2]);
    const { stdout } = await inProcess('run', model, '--input', 'given.npy');
    expect(stdout).toMatch(/75\.0 %[^]*25\.0 %[^]*the values, which add up to 1/);
  });

  test('labels that are not as many', async () => {
    await fs.writeFile('three.txt', 'ant\nbee\ncat\n');
    expect(await error('run', 'classes.onnx', '--input', 'photo.png', '--labels', 'absent.txt')).toContain(
      'absent.txt',
    );
    const { stderr, code } = await run('--labels', 'three.txt');
    expect(code).toBe(2);
    expect(stderr).toContain(
      "three.txt, tensor 'logits', shape [1, 4]: there are 3 labels, and the output has 4 classes. Give a line for each class, in their order.",
    );
  });
});

describe('maps', () => {
  const sizeOf = async (file: string) => {
    const { width, height } = await sharp(file).metadata();
    return [height, width];
  };

  test('a mask has the size of the picture', async () => {
    const model = await identity('identity.onnx', ['n', 1, 4, 4]);
    const { stderr } = await inProcess('run', model, '--input', 'photo.png', '--output', 'mask.png');
    expect(stderr).toContain("output 'y' as a picture: numbers from 0 to 1, 1 in white");
    expect(stderr).toContain('fill');
    expect(stderr).toContain('wrote mask.png');
    expect(await sizeOf('mask.png')).toEqual([9, 12]);
    // Grey stretched to 4×4, and back: near its own mean.
    const [mask, photo] = await Promise.all(['mask.png', 'photo.png'].map((file) => sharp(file).greyscale().stats()));
    expect(Math.abs(mask!.channels[0]!.mean - photo!.channels[0]!.mean)).toBeLessThan(12);
  });

  test('a preset does not crop it, --crop does', async () => {
    const model = await identity('identity.onnx', ['n', 3, 'h', 'w']);
    const { stderr } = await inProcess(
      ...['run', model, '--input', 'photo.png', '--output', 'mask.png', '--preset', 'torchvision'],
    );
    expect(stderr).toMatch(/9×12 became 9×12: .*, fill/);
    expect(stderr).toContain('the class with the largest of 3 numbers');
    const cropped = await inProcess(
      'run',
      model,
      '--input',
      'photo.png',
      '--output',
      'mask.png',
      '--crop',
      '0.5',
      '--size',
      '4',
    );
    expect(cropped.stderr).toContain('became 4×4: 0 to 1, cover 0.5');
    expect(await sizeOf('mask.png')).toEqual([9, 12]);
  });

  test('of a picture that keeps its size, it is the whole one', async () => {
    const model = await identity('identity.onnx', ['n', 1, 'h', 'w']);
    await inProcess('run', model, '--input', 'photo.png', '--output', 'mask.png', '--crop', '0.5');
    const [mask, photo] = await Promise.all(
      ['mask.png', 'photo.png'].map(async (file) => (await imageTensor(file, { channels: 1, type: 'uint8' })).data),
    );
    expect(mask).toEqual(photo);
  });

  test('of arrays, a map keeps its size', async () => {
    const model = await identity('identity.onnx', ['n', 1, 4, 5]);
    await writeNpy('map.npy', new Tensor('float32', new Float32Array(20), [1, 4, 5]));
    expect((await inProcess('run', model, '--input', 'map.npy', '--output', 'mask.png')).code).toBe(0);
    expect(await sizeOf('mask.png')).toEqual([4, 5]);
  });

  test('of several outputs, the first that is one', async () => {
    const nodes = [
      makeNode({ opType: 'GlobalAveragePool', input: ['x'], output: ['mean'] }),
      makeNode({ opType: 'Sigmoid', input: ['x'], output: ['map'] }),
      makeNode({ opType: 'Neg', input: ['x'], output: ['other'] }),
    ];
    const value = (name: string, dims: Dims) => makeValueInfo(name, 'float32', dims);
    const outputs = [value('mean', [1, 1, 1, 1]), value('map', [1, 1, 4, 4]), value('other', [1, 1, 4, 4])];
    await fs.writeFile('several.onnx', encodeModel(makeModel({ nodes, inputs: [value('x', [1, 1, 4, 4])], outputs })));
    const { stdout, stderr } = await inProcess(
      'run',
      'several.onnx',
      '--input',
      'photo.png',
      '--output',
      'm.png',
      '--json',
    );
    expect(stderr).toContain("output 'map' as a picture");
    const { outputs: described } = JSON.parse(stdout) as { outputs: { name: string; file?: string }[] };
    expect(described.map(({ name, file }) => [name, file])).toEqual([
      ['mean', undefined],
      ['map', 'm.png'],
      ['other', undefined],
    ]);
  });

  test('an output that is none', async () => {
    await fs.writeFile('classes.onnx', classifier());
    const { stderr, code } = await inProcess('run', 'classes.onnx', '--input', 'photo.png', '--output', 'no.png');
    expect(code).toBe(1);
    expect(stderr).toContain("no.png, tensor 'logits', shape [1, 4]: no output is a map");
    await expect(fs.stat('no.png')).rejects.toThrow();
    const other = await error('run', 'classes.onnx', '--input', 'photo.png', '--output', 'no.jpg');
    expect(other).toContain('no.jpg: maps are written as PNG. Give it the name of one, as mask.png.');
    await expect(fs.stat('no.jpg')).rejects.toThrow();
  });
});

describe('what a compressed model says of pictures', () => {
  const { mean, std } = presets.torchvision;
  const pixels = Float32Array.from({ length: 8 * 192 }, (_, at) => ((at * 37 + Math.floor(at / 192) * 91) % 101) / 100);
  const evaluate = async (...args: string[]) => {
    const ran = await inProcess('evaluate', ...args, '--data', 'images.npy', '--labels', 'classes.npy', '--json');
    expect(ran.code).toBe(0);
    const { models } = JSON.parse(ran.stdout) as { models: { natural: { value: number } }[] };
    return { stderr: ran.stderr, accuracies: models.map(({ natural }) => natural.value) };
  };

  beforeAll(async () => {
    const normalized = pixels.map((pixel, at) => {
      const channel = Math.floor(at / 64) % 3;
      return (pixel - mean![channel]!) / std![channel]!;
    });
    const { model, labels } = await spreadOver(normalized, 8);
    await fs.writeFile('dense.onnx', model);
    await writeNpy('images.npy', new Tensor('float32', pixels, [8, 3, 8, 8]));
    await writeNpy('classes.npy', new Tensor('int32', Int32Array.from(labels), [8]));
    const command = ['compress', 'dense.onnx', '-o', 'small.onnx', '--error', '0', '--preset', 'torchvision'];
    expect((await inProcess(...command)).code).toBe(0);
  });

  test('evaluate takes it, and what is given wins over it', async () => {
    const given = await evaluate('dense.onnx', '--preset', 'torchvision');
    expect(given.accuracies).toEqual([1]);
    expect((await evaluate('dense.onnx')).accuracies[0]).toBeLessThan(1);
    const said = await evaluate('small.onnx');
    expect(said.accuracies).toEqual([1]);
    expect(said.stderr).toContain('images are taken as small.onnx says: 0 to 1, mean 0.485 0.456 0.406');
    // For the network that it was made of, too.
    expect((await evaluate('dense.onnx', 'small.onnx')).accuracies).toEqual([1, 1]);
    const other = await evaluate('small.onnx', '--preset', 'unit');
    expect(other.accuracies).toEqual((await evaluate('dense.onnx')).accuracies);
    expect(other.stderr).not.toContain('says');
    expect((await evaluate('small.onnx', '--mean', '0')).accuracies).toEqual(other.accuracies);
  });

  test('run takes it', async () => {
    const run = (...args: string[]) =>
      inProcess('run', 'small.onnx', '--input', 'photo.png', '--output', 'out.npy', ...args);
    const { stderr } = await run();
    expect(stderr).toContain("cover 0.875 (as the model's file says)");
    const said = (await readNpy('out.npy')).data;
    await run('--preset', 'torchvision');
    expect((await readNpy('out.npy')).data).toEqual(said);
    await run('--preset', 'unit');
    expect((await readNpy('out.npy')).data).not.toEqual(said);
  });

  test('compress --calib takes it, and keeps it', async () => {
    const again = ['compress', 'small.onnx', '-o', 'again.onnx', '--int8', '--calib', 'images.npy'];
    const { code, stderr } = await inProcess(...again);
    expect(code).toBe(0);
    expect(stderr).toContain('images are taken as small.onnx says');
    const bytes = await fs.readFile('again.onnx');
    const images = new ImageSet([3, 8, 8], pixels, new Int32Array(8));
    const normalization = normalizationOf({ preset: 'torchvision' });
    const expected = await compress('small.onnx', { int8: true, calibration: { images, normalization } });
    expect(bytes.equals(expected.bytes())).toBe(true);
    expect((await inProcess(...again, '--preset', 'torchvision')).stderr).not.toContain('says');
    expect((await fs.readFile('again.onnx')).equals(bytes)).toBe(true);
    expect((await evaluate('again.onnx')).stderr).toContain('images are taken as again.onnx says');
  });

  test('models that say different things', async () => {
    await inProcess('compress', 'dense.onnx', '-o', 'other.onnx', '--error', '0', '--preset', 'caffe');
    const data = ['--data', 'images.npy', '--labels', 'classes.npy'];
    expect(await error('evaluate', 'small.onnx', 'other.onnx', ...data)).toContain(
      'other.onnx: its file says other things of pictures than that of small.onnx. Say what all get, as --preset torchvision.',
    );
  });

  test('a broken block', async () => {
    const model = makeModel({
      nodes: [makeNode({ opType: 'Identity', input: ['x'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', [1, 3, 4, 4])],
      outputs: [makeValueInfo('y', 'float32', [1, 3, 4, 4])],
    });
    model.metadataProps = metadataWith(model, { std: [0] });
    await fs.writeFile('broken.onnx', encodeModel(model));
    const message = await error('run', 'broken.onnx', '--input', 'photo.png');
    expect(message).toMatch(
      /MODEL_INVALID.*broken\.onnx: what the model's metadata say of preprocessing makes no sense: gdws\.preprocessing\.std/,
    );
    expect((await inProcess('run', 'broken.onnx', '--input', 'photo.png', '--preset', 'unit')).code).toBe(0);
    // Arrays do not need it.
    await writeNpy('array.npy', new Tensor('float32', new Float32Array(48), [1, 3, 4, 4]));
    expect((await inProcess('run', 'broken.onnx', '--input', 'array.npy')).code).toBe(0);
  });

  test('folders of pictures are fitted as it says', async () => {
    await fs.mkdir(path.join('folder', 'a'), { recursive: true });
    await fs.copyFile('photo.png', path.join('folder', 'a', '0.png'));
    const recipe = await recipeFor({}, ['small.onnx']);
    const { pixels: read } = await imagesOf({ data: 'folder' }, 'small.onnx', recipe);
    const { crop } = presets.torchvision;
    expect(read).toEqual((await imageTensor('photo.png', { crop, size: 8, type: 'uint8' })).data);
    expect(read).not.toEqual((await imageTensor('photo.png', { size: 8, type: 'uint8' })).data);
    // An open size is that of the recipe.
    const open = await identity('identity.onnx', ['n', 3, 'h', 'w']);
    expect((await imagesOf({ data: 'folder' }, open, recipe)).dims).toEqual([3, 224, 224]);
  });
});
