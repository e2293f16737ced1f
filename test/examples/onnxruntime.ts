import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

/** The first output of onnxruntime for a picture of the network's own size, of which each number is (byte - mean) / std. */
export async function firstOutput(model: string, picture: string, mean: readonly number[], std: readonly number[]) {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const plane = info.width * info.height;
  const pixels = Float32Array.from({ length: 3 * plane }, (_, at) => {
    const channel = Math.floor(at / plane);
    return (data[3 * (at % plane) + channel]! - mean[channel]!) / std[channel]!;
  });
  const session = await ort.InferenceSession.create(model);
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', pixels, [1, 3, info.height, info.width]) };
  const outputs = await session.run(feeds);
  return outputs[session.outputNames[0]!]!.data as Float32Array;
}

/** The softmax of logits. */
export function softmax(logits: Float32Array): number[] {
  const powers = Array.from(logits, (logit) => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
