import { Tensor } from 'onnxruntime-common';
import { quantize } from '../../../benchmarks/quantized/quantize';
import { ImageSet } from '../../../src/data/image-set';
import { decodeModel } from '../../../src/onnx/read';
import { encodeModel } from '../../../src/onnx/write';
import type { Candidate } from '../../../src/robustness/evaluate';
import { openClassifier } from '../../../src/robustness/open-classifier';
import { spreadOver } from '../../cli/small-classifier';
import { Random } from '../../operators/random';

/** A small network, the same with weights and maps of bytes, and images of which it gets most right. */
export async function smallCandidates(count: number, threads = 1) {
  const { data } = new Random(7).floats([count, 3, 8, 8], 0, 1);
  const pixels = data as Float32Array;
  const { model, labels } = await spreadOver(pixels, 8);
  labels.forEach((label, image) => (labels[image] = image % 11 === 0 ? (label + 1) % 4 : label));
  const calibration = new Tensor('float32', pixels.slice(0, 12 * 192), [12, 3, 8, 8]);
  const int8 = encodeModel(await quantize(decodeModel(model), { feeds: { x: calibration } }));
  const opened = await Promise.all([model, int8].map((one) => openClassifier(one, [3, 8, 8], { threads })));
  const [dense, rounded] = opened.map(({ classifier }, index) => ({ name: ['dense', 'int8'][index]!, classifier })) as [
    Candidate,
    Candidate,
  ];
  return {
    ...{ dense, rounded, images: new ImageSet([3, 8, 8], pixels, labels) },
    release: async () => void (await Promise.all(opened.map(({ release }) => release()))),
  };
}
