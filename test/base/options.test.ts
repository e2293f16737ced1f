import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { InferenceSession as Common } from 'onnxruntime-common';
import * as gdws from '../../src';
import { classifier as testModel } from '../calibrate/subjects';

const { InferenceSession, Tensor } = gdws;
const rows = [[1, 0], [0, 1]]; // prettier-ignore
const model = testModel(rows);
const image = () => new Tensor('float32', new Float32Array(50), [1, 2, 5, 5]);
const images = new gdws.ImageSet([2, 5, 5], new Float32Array(100), [0, 1]);
const pgd = { attack: 'pgd', norm: 'linf', eps: 0.1 } as const;
const flat: gdws.Classifier = {
  classes: 2,
  imageDims: [1, 1, 1],
  logits: (_, count) => Promise.resolve(new Float32Array(2 * count)),
  gradient: (_, count) => Promise.resolve({ logits: new Float32Array(2 * count), gradient: new Float32Array(count) }),
};
const pixel = Float32Array.of(0.5);
const contestants = [{ name: 'a', run: () => undefined }];

type Options = Record<string, unknown>;
/** Every exported function that takes options. */
const functions: Record<string, (options: Options) => Promise<unknown>> = {
  compress: (options) => gdws.compress(model, { macs: 0.9, ...options }),
  prepareCompression: (options) => gdws.prepareCompression(model, options),
  compressWithinDrop: (options) => gdws.compressWithinDrop(model, { maxDrop: 0.5, data: images, ...options }),
  sweep: (options) => gdws.sweep(model, { data: images, ...options }),
  measureLatency: (options) => gdws.measureLatency(model, options),
  weightErrors: (options) => gdws.weightErrors(model, images, options),
  attack: (options) => gdws.attack(flat, pixel, [0], pgd, options),
  'evaluate with an attack': (options) => gdws.evaluate([{ name: 'a', classifier: flat }], pixel, [0], pgd, options),
  evaluate: (options) => gdws.evaluate([{ name: 'a', classifier: flat }], pixel, [0], undefined, options),
  measureInterleaved: (options) => gdws.measureInterleaved(contestants, { budget: 0, ...options }),
  readImages: (options) =>
    gdws.readImages(path.join(__dirname, '../../examples/mnist-test-images-idx3-ubyte'), options),
  readImageFolder: (options) => gdws.readImageFolder('absent', { dims: [3, 4, 4], ...options } as never),
  GradientSession: (options) => gdws.GradientSession.create(model, options),
  weightGradients: async (options) => {
    const session = await gdws.GradientSession.create(model);
    return session.weightGradients({ x: image() }, (logits) => logits, { perImage: false, ...options });
  },
  'a compression that is written': async (options) =>
    (await gdws.compress(model, { error: 0.1 })).write('/absent/model.onnx', options),
  calibration: (options) => gdws.compress(model, { macs: 0.9, calibration: { images, ...options } }),
  normalization: (options) => gdws.weightErrors(model, images, { normalization: { mean: [0], std: [1], ...options } }),
  limits: (options) => gdws.compress(model, { macs: 1, limits: options }),
};

describe.each(Object.entries(functions))('%s', (_, call) => {
  test('refuses an option that it does not know', async () => {
    const refused = call({ foo: 1 });
    await expect(refused).rejects.toMatchObject({ name: 'GdwsError', code: 'ARGUMENT_INVALID' });
    await expect(refused).rejects.toThrow(/there is no option '(\w+\.)?foo'\. Options are: \w+/);
  });

  test('takes an option that is undefined for one that is not given', async () => {
    await call({ threads: undefined, foo: undefined }).then(
      () => undefined,
      // What it is called on may not work; what is undefined of an unknown name is still a slip.
      (error: Error) => expect(error.message).toMatch(/'(\w+\.)?(foo|threads)'|absent/),
    );
  });
});

test.each<[string, Options, string]>([
  ['compress', { macs: '0.5' }, "macs is '0.5' (a string). Give a number."],
  ['compress', { macs: [0.5] }, 'macs is [0.5] (an array). Give a number.'],
  ['compress', { macs: null }, 'macs is null. Give a number.'],
  ['compress', { threads: '2' }, "threads is '2' (a string). Give an integer from 1 to 1024."],
  ['compress', { threads: 1.5 }, 'threads is 1.5. Give an integer from 1 to 1024.'],
  ['compress', { include: '/layer1/*' }, "include is '/layer1/*' (a string). Give an array of names"],
  ['compress', { exclude: [1] }, 'exclude is [1] (an array). Give an array of names'],
  ['compress', { firstLayer: 'no' }, "firstLayer is 'no' (a string). Give true or false."],
  ['compress', { inputShapes: { x: 3 } }, 'inputShapes is an object of class Object. Give an object with the integers'],
  ['compress', { signal: new AbortController() }, 'signal is an object of class AbortController. Give an AbortSignal.'],
  ['compress', { onProgress: true }, 'onProgress is true (a boolean). Give a function.'],
  ['compress', { alpha: [] }, 'alpha is [] (an array). Give an object or Map with an array of numbers for each layer.'],
  ['compress', { mcas: 0.5 }, "there is no option 'mcas'. Did you mean macs?"],
  ['compress', { calibration: 'images' }, "calibration is 'images' (a string). Give an object with any of images,"],
  ['compress', { limits: { node: 3 } }, "there is no option 'limits.node'. Did you mean nodes?"],
  ['compress', { limits: { nodes: '3' } }, "limits.nodes is '3' (a string). Give a number from 0 on."],
  ['calibration', { round: 2 }, "there is no option 'calibration.round'. Did you mean rounds?"],
  ['calibration', { images: [1] }, 'calibration.images is [1] (an array). Give an ImageSet, as readImages gives.'],
  ['compressWithinDrop', { maxDrop: undefined }, 'maxDrop is missing. Give a share from 0 to 1.'],
  ['compressWithinDrop', { maxDrop: '1%' }, "maxDrop is '1%' (a string). Give a share from 0 to 1."],
  ['compressWithinDrop', { budget: 'mac' }, "budget is 'mac'. Give one of: macs, params, latency."],
  ['sweep', { budgets: 0.5 }, 'budgets is 0.5 (a number). Give an array of shares above 0 and up to 1'],
  ['evaluate', { batchsize: 1 }, "there is no option 'batchsize'. Did you mean batchSize?"],
  ['measureInterleaved', { budget: '1s' }, "budget is '1s' (a string). Give a number from 0 on."],
  ['readImages', { count: '5' }, "count is '5' (a string). Give an integer from 1 on."],
  ['readImages', { dims: [28, 28] }, 'dims is [28,28] (an array). Give channels, height and width, as [3, 224, 224].'],
  ['GradientSession', { intraOpNumThread: 1 }, 'Did you mean intraOpNumThreads?'],
  ['a compression that is written', { overwrite: true }, 'Did you mean overwriteSource?'],
])('%s with %j', async (name, options, message) => {
  await expect(functions[name]!(options)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(functions[name]!(options)).rejects.toThrow(message);
});

test.each([5, 'macs', null, [0.5]])('%j is no object of options', async (options) => {
  const refused = gdws.compress(model, options as never);
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test.each([42, undefined, { graph: {} }])('%j is no model', async (source) => {
  const refused = gdws.compress(source as never, { macs: 0.5 });
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});

test('a share of percents is explained', async () => {
  await expect(functions.compress!({ macs: 35 })).rejects.toThrow('35 percent is 0.35, on the command line also 35%');
});

describe('a session', () => {
  const create = (options: Options) => InferenceSession.create(model, options as gdws.SessionOptions);

  test('takes all that onnxruntime-common knows', async () => {
    const common: Required<Common.SessionOptions> = {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      freeDimensionOverrides: { N: 1 },
      graphOptimizationLevel: 'all',
      enableCpuMemArena: true,
      enableMemPattern: true,
      executionMode: 'sequential',
      optimizedModelFilePath: path.join(os.tmpdir(), `gdws-options-${process.pid}.onnx`),
      enableProfiling: false,
      profileFilePrefix: 'x',
      logId: 'x',
      logSeverityLevel: 2,
      logVerbosityLevel: 0,
      preferredOutputLocation: 'cpu',
      enableGraphCapture: false,
      extra: { session: {} },
      externalData: [],
    };
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation();
    const session = await create({ ...common });
    const run: Required<Common.RunOptions> = {
      logSeverityLevel: 2,
      logVerbosityLevel: 0,
      terminate: false,
      tag: 'x',
      extra: {},
    };
    await session.run({ x: image() }, run);
    await session.run({ x: image() }, { logits: null }, run);
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
    fs.rmSync(common.optimizedModelFilePath);
  });

  test.each([
    [{ intraOpNumThread: 2 }, "there is no option 'intraOpNumThread'. Did you mean intraOpNumThreads?"],
    [{ limit: { nodes: 3 } }, 'Did you mean limits?'],
    [{ intraOpNumThreads: '2' }, "intraOpNumThreads is '2' (a string). Give an integer from 0 to 1024."],
    [{ tuning: 'always' }, "tuning is 'always'. Give one of: on, off, thorough."],
    [{ enableProfiling: 1 }, 'enableProfiling is 1 (a number). Give true or false.'],
    [{ limits: { depth: -1 } }, 'limits.depth is -1. Give a number from 0 on.'],
  ])('refuses %j', async (options, message) => {
    await expect(create(options)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(create(options)).rejects.toThrow(message);
  });

  test('passes over what no engine is known to have, with one warning', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation();
    await create({ vendorTuning: 7 });
    await create({ vendorTuning: 8 });
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning).toHaveBeenCalledWith(expect.stringContaining("there is no option 'vendorTuning'"), {
      code: 'GDWS_UNKNOWN_OPTION',
    });
    warning.mockRestore();
  });

  test('refuses a misspelt output, which would be taken for an option of the run', async () => {
    const session = await create({});
    await expect(session.run({ x: image() }, { logit: null } as never)).rejects.toThrow('Did you mean logits?');
    await expect(session.run({ x: image() }, { signal: 1 } as never)).rejects.toThrow('signal is 1 (a number)');
  });
});
