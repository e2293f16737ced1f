import * as ort from 'onnxruntime-node';
import { seededFeeds } from '../../benchmarks/feeds';
import { networks, type NetworkName, type NetworkOptions } from '../../benchmarks/networks';
import { quantize, type QuantizeOptions } from '../../benchmarks/quantized/quantize';
import { InferenceSession, type Tensor } from '../../src/engine/session';
import { encodeModel } from '../../src/onnx/write';

// Whole networks as quantizers write them, against onnxruntime, which computes them in floats here.

const options = { activations: ['uint8', 'int8'], weights: ['int8', 'uint8'], perChannel: [true, false] } as const;
const forms: readonly QuantizeOptions[] = options.activations.flatMap((activations) =>
  options.weights.flatMap((weights) => options.perChannel.map((perChannel) => ({ activations, weights, perChannel }))),
);

const subjects: readonly (readonly [NetworkName, NetworkOptions])[] = [
  ['resnet18-cifar', {}],
  ['resnet18-cifar', { kernels: 3 }],
  ['vgg16-cifar', {}],
  ['wrn28-4-cifar', {}],
  ['vgg16-cifar', { kernels: 2 }],
  ['resnet50-cifar', { kernels: 1 }],
];
/** The first is quantized in all forms, the others in one each; float biases are as PyTorch exports them. */
const cases = subjects.flatMap(([name, of], index) => {
  const some = index === 0 ? forms : [forms[(3 * index) % forms.length]!];
  return [...some, { ...some[0]!, biases: 'float32' as const }].map((form) => ({ name, of, form }));
});

test.each(cases)('$name $of, $form', async ({ name, of, form }) => {
  const { model } = networks[name]({ width: 1 / 8, ...of });
  const bytes = encodeModel(await quantize(model, form));
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, enableProfiling: true });
  try {
    const feeds = seededFeeds(session, { batch: 2 });
    const expected = await literally(bytes, feeds);
    const found = Object.values(await session.run(feeds))[0]!;
    expect(found.dims).toEqual(expected.dims);
    const [ours, theirs] = [found.data as Float32Array, expected.data as Float32Array];
    const largest = Math.max(...theirs.map(Math.abs));
    // A tie that is rounded to the other side changes a byte, and those after it. Biases in units of the sums, as onnxruntime
    // has them too where it may, make more of them than biases in floats.
    const share = 'biases' in form ? 0.06 : 0.02;
    theirs.forEach((one, i) => expect(Math.abs(one - ours[i]!)).toBeLessThan(share * largest));
    expect(best(ours, found.dims[1]!)).toEqual(best(theirs, found.dims[1]!));
    const kinds = new Set(session.profile().map(({ kernel }) => kernel.split('.')[0]!));
    for (const kind of ['convolution', 'gdws', 'matmul']) expect(kinds).not.toContain(kind);
    // Only the logits are added to floats.
    const added = session.profile().filter(({ kernel }) => kernel.startsWith('binary.'));
    expect(added).toHaveLength('biases' in form ? 1 : 0);
    expect(kinds).toContain('integerConvolution');
    // Weights less zero points of their own are no int8.
    if (of.kernels !== undefined && form.weights === 'int8') expect(kinds).toContain('integerGdws');
  } finally {
    await session.release();
  }
});

async function literally(bytes: Uint8Array, feeds: Readonly<Record<string, Tensor>>): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  try {
    const copies = Object.entries(feeds).map(
      ([name, { data, dims }]) => [name, new ort.Tensor('float32', (data as Float32Array).slice(), dims)] as const,
    );
    return Object.values(await session.run(Object.fromEntries(copies)))[0]!;
  } finally {
    await session.release();
  }
}

/** The largest logit of each image. */
function best(logits: Float32Array, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, image) => {
    const own = logits.subarray(image * classes, (image + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
}
