import * as ort from 'onnxruntime-node';
import * as gdws from '../../src';
import { ImageSet, InferenceSession, Tensor, type CompressOptions } from '../../src';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';
import { seeded } from '../linalg/layers';

/**
 * One thread: many small programs wait for each other's threads where other tests run beside. All is quantized unless options say
 * otherwise: predictions of networks that were not trained tell little, of which rounding easily loses too much.
 */
export function compress(source: string | ModelProto, options: CompressOptions): Promise<gdws.Compression> {
  return gdws.compress(source, { threads: 1, ...(options.int8 && { int8MaxLoss: 1 }), ...options });
}

/** Blurred noise: neighbours are alike, as in photographs. */
export function photographs(count: number, dims: readonly [number, number, number], seed = 1): ImageSet {
  const random = seeded(seed);
  const [channels, height, width] = dims;
  const pixels = new Float32Array(count * channels * height * width);
  for (let plane = 0; plane < count * channels; ++plane) {
    const [a, b, c, d] = [random() * 6, random() * 6, random() * 6, random()];
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        const wave = 0.5 + 0.3 * Math.sin((a * x) / width + (b * y) / height + c) + 0.2 * (random() - 0.5) * d;
        pixels[(plane * height + y) * width + x] = Math.min(1, Math.max(0, wave));
      }
    }
  }
  return new ImageSet(dims, pixels, new Uint8Array(count));
}

export async function outputs(model: ModelProto, images: ImageSet): Promise<Float32Array> {
  const session = await InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
  try {
    const pixels = images.batch(0, images.length).images;
    const feed = new Tensor('float32', pixels.data as Float32Array, pixels.dims);
    return Object.values(await session.run({ [session.inputNames[0]!]: feed }))[0]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

export async function onnxruntime(model: ModelProto, images: ImageSet): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const pixels = images.batch(0, images.length).images;
    const feed = new ort.Tensor('float32', pixels.data as Float32Array, pixels.dims);
    return Object.values(await session.run({ [session.inputNames[0]!]: feed }))[0]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** Mean square of the difference, as a share of the variance of what is expected. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  const mean = expected.reduce((sum, one) => sum + one, 0) / expected.length;
  const variance = expected.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return found.reduce((sum, one, i) => sum + (one - expected[i]!) ** 2, 0) / variance;
}

export async function kernelsOf(model: ModelProto, images: ImageSet): Promise<string[]> {
  const session = await InferenceSession.create(encodeModel(model), { enableProfiling: true, intraOpNumThreads: 1 });
  try {
    const pixels = images.batch(0, 1).images;
    const feed = new Tensor('float32', pixels.data as Float32Array, pixels.dims);
    await session.run({ [session.inputNames[0]!]: feed });
    return session.profile().map(({ kernel }) => kernel);
  } finally {
    await session.release();
  }
}
