import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { writeNpy } from '../../src/data/npy';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { compiledTree } from '../compiled-tree';
import { floats } from '../graph/small-network';
import { installBundle } from '../package/installed-bundle';
import { root } from './samples';

const imageBytes = 3 * 32 * 32;

/** (40, 48, 3). */
const picture = Uint8Array.from({ length: 40 * 48 * 3 }, (_, at) => (at * 37) % 256);

/** Images of each file of CIFAR-10's format. */
const imageCount = 6;

/**
 * A classifier of CIFAR's images with random weights. One depthwise kernel a channel is nearly all of its layers, so that
 * compressed forms agree with it.
 */
function network(): Uint8Array {
  const layers = [
    { from: 3, to: 8, stride: 2 },
    { from: 8, to: 128, stride: 2 },
    { from: 128, to: 192, stride: 1 },
    { from: 192, to: 192, stride: 1 },
  ];
  const weights = ({ from, to }: { from: number; to: number }) => {
    const { data, ...rest } = floats([to, from, 3, 3], 1);
    const pointwise = floats([to * from], 2).data as Float32Array;
    const depthwise = floats([from * 9], 3).data as Float32Array;
    return {
      ...rest,
      data: (data as Float32Array).map(
        (noise, index) => 0.01 * noise + pointwise[Math.floor(index / 9)]! * depthwise[index % (9 * from)]!,
      ),
    };
  };
  return encodeModel(
    makeModel({
      nodes: [
        ...layers.flatMap(({ stride }, layer) => [
          makeNode({
            opType: 'Conv',
            name: `/layer${layer}/conv`,
            input: [layer === 0 ? 'image' : `relu${layer - 1}`, `weight${layer}`],
            output: [`conv${layer}`],
            attributes: { kernel_shape: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1] },
          }),
          makeNode({ opType: 'Relu', input: [`conv${layer}`], output: [`relu${layer}`] }),
        ]),
        makeNode({ opType: 'GlobalAveragePool', input: [`relu${layers.length - 1}`], output: ['pooled'] }),
        makeNode({ opType: 'Flatten', input: ['pooled'], output: ['flat'] }),
        makeNode({ opType: 'Gemm', input: ['flat', 'rows'], output: ['logits'], attributes: { transB: 1 } }),
      ],
      inputs: [makeValueInfo('image', 'float32', ['batch', 3, 32, 32])],
      outputs: [makeValueInfo('logits', 'float32', ['batch', 10])],
      initializers: {
        ...Object.fromEntries(layers.map((layer, index) => [`weight${index}`, weights(layer)])),
        rows: floats([10, 192], 9),
      },
    }),
  );
}

/** Random images in CIFAR-10's binary version, of the classes that the network takes them for. */
async function images(model: Uint8Array, seed: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from(floats([imageCount * imageBytes], seed).data as Float32Array, (x) => 127.5 * (x + 1));
  const session = await InferenceSession.create(model);
  const scaled = Float32Array.from(pixels, (pixel) => pixel / 255);
  const { logits } = await session.run({ image: new Tensor('float32', scaled, [imageCount, 3, 32, 32]) });
  await session.release();
  const records = new Uint8Array(imageCount * (1 + imageBytes));
  for (let image = 0; image < imageCount; image++) {
    const row = (logits!.data as Float32Array).subarray(10 * image, 10 * image + 10);
    records[image * (1 + imageBytes)] = row.indexOf(Math.max(...row));
    const own = pixels.subarray(image * imageBytes, (image + 1) * imageBytes);
    records.set(own, image * (1 + imageBytes) + 1);
  }
  return records;
}

/** What makes the folders in which a reader tries the samples: gdws is installed, and files have the names of the samples. */
export class Reader {
  private readonly tree = compiledTree('src');
  private readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-reader-'));
  private readonly model = network();
  private folders = 0;

  constructor() {
    // As an installation of gdws brings the second.
    installBundle(this.home, ['sharp', '@dagrejs']);

    const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
    const command = [process.execPath, path.join(this.tree, 'src/cli/main.js')].map(quoted).join(' ');
    const npx = `#!/bin/sh\n[ "$1" = gdws ] || exit 127\nshift\nexec ${command} "$@"\n`;
    fs.mkdirSync(path.join(this.home, 'bin'));
    fs.writeFileSync(path.join(this.home, 'bin', 'npx'), npx, { mode: 0o755 });
  }

  /** What the samples' processes find in their environment. */
  get environment(): NodeJS.ProcessEnv {
    const search = [path.join(this.home, 'bin'), process.env.PATH].join(path.delimiter);
    return { ...process.env, PATH: search, GDWS_CACHE_DIR: path.join(this.home, 'cache') };
  }

  /** A new folder with these files. */
  async folder(files: readonly string[]): Promise<string> {
    const folder = path.join(this.home, `${this.folders++}`);
    fs.mkdirSync(folder);
    for (const file of files) await this.put(path.join(folder, file));
    return folder;
  }

  /**
   * Makes what a name says: a network, images in CIFAR-10's format, one image as an array or a picture, names of classes, or
   * the folder of examples.
   */
  async put(file: string): Promise<void> {
    const name = path.basename(file);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (name === 'examples') fs.symlinkSync(path.join(root, 'examples'), file);
    else if (name.endsWith('.onnx')) fs.writeFileSync(file, this.model);
    else if (name.endsWith('.bin')) fs.writeFileSync(file, await images(this.model, name.length));
    else if (name.endsWith('.npy'))
      await writeNpy(file, new Tensor('float32', new Float32Array(imageBytes).fill(0.5), [3, 32, 32]));
    else if (name.endsWith('.jpg')) await sharp(picture, { raw: { width: 48, height: 40, channels: 3 } }).toFile(file);
    else if (name.endsWith('.txt'))
      fs.writeFileSync(file, Array.from({ length: 10 }, (_, label) => `class ${label}\n`).join(''));
    else throw new Error(`There is nothing of the kind of ${name}: see test/docs/reader-folder.ts.`);
  }

  remove(): void {
    for (const folder of [this.tree, this.home]) fs.rmSync(folder, { recursive: true, force: true });
  }
}
