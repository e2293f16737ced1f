import fs from 'node:fs/promises';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { Tensor } from 'onnxruntime-common';
import sharp from 'sharp';
import { thrownMessages } from '../../scripts/docs/thrown-messages';
import { errorCodes, writeNpy } from '../../src';
import { program } from '../../src/cli/program';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { StringStringEntryProtoSchema } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { ownCacheFolder } from '../latency/cache-folder';
import { withKnownTimes } from '../latency/known-times';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { classifier } from './small-classifier';

const cache = ownCacheFolder();
const folder = temporaryFolder();
const home = process.cwd();
const options = new Map(program().commands.map((command) => [command.name(), command.options.map(({ long }) => long)]));

/** A way into an error, and out of it by what the error says. */
interface Case {
  readonly command: readonly string[];
  /** The command as it is once the remedy was followed; the error's own text is the message. */
  readonly followed: (message: string) => readonly string[];
  /** The error that comes next; done where absent. */
  readonly next?: RegExp;
  /** Whether it depends on times, which are to be the same on each machine. */
  readonly isTimed?: boolean;
}

const absent = /error\[DATA_UNREADABLE\]: absent/;
const plus =
  (command: readonly string[], ...more: string[]) =>
  () => [...command, ...more];
/** What the message names after an option, as it stands there. */
const named = (option: string, message: string) => [
  option,
  new RegExp(`${option} (\\S+?)[.,]?(?:\\s|$)`).exec(message)![1]!,
];
const compress = ['compress', 'cifar.onnx', '-o', 'out.onnx'];
const sweep = ['sweep', 'cifar.onnx', '-o', 'page.html', '--budgets', '0.8', '--time', '0.01', '--run-threads', '1'];
const picture = path.join('pictures', 'cats', '0.png');
const fgsm = ['--attack', 'fgsm', '--eps', '0.1'];
const attacked: readonly (readonly string[])[] = [
  ['evaluate', 'cifar.onnx', '--data', 'absent.bin', '--attack', 'msd'],
  ['alpha', 'cifar.onnx', '-o', 'alpha.json', '--data', 'absent.bin', '--attack', 'msd'],
  [...compress, '--macs', '0.8', '--calib', 'absent.bin', '--calib-attack', 'msd'],
  [...sweep, '--data', 'absent.bin', '--attack', 'msd'],
];
const unnamedAttack = [
  ['alpha', 'cifar.onnx', '-o', 'alpha.json', '--data', 'absent.bin', '--eps', '0.3'],
  [...compress, '--macs', '0.8', '--calib', 'absent.bin', '--eps', '0.3'],
  [...sweep, '--data', 'absent.bin', '--steps', '3'],
];
const ofCalibration = [
  ['--calib-count', '4'],
  ['--calib-labels', 'x'],
  ['--calib-attack', 'fgsm'],
  ['--calib-rounds', '1'],
  ['--robust'],
];
const ofDrop = [
  ['--data', 'x'],
  ['--labels', 'x'],
  ['--count', '4'],
  ['--save', 'params'],
  ['--sure'],
  ['--keep-anyway'],
];
const unlabelled: readonly (readonly string[])[] = [
  ['evaluate', 'small.onnx', '--data', 'images.npy', ...fgsm],
  ['alpha', 'small.onnx', '-o', 'alpha.json', '--data', 'images.npy', '--attack', 'fgsm'],
  ['compress', 'small.onnx', '-o', 'out.onnx', '--max-drop', '1%', '--data', 'images.npy'],
  ['sweep', 'small.onnx', '-o', 'page.html', '--data', 'images.npy'],
];

const ofFlatPictures = (labels: string): Case[] =>
  [
    ['evaluate', 'cifar.onnx'],
    ['alpha', 'cifar.onnx', '-o', 'alpha.json', '--attack', 'fgsm'],
    ['compress', 'cifar.onnx', '-o', 'out.onnx', '--max-drop', '99%'],
    sweep,
  ].map((command) => {
    const given = [...command, '--data', 'flat', '--labels', labels];
    return { command: given, followed: plus(given, '--synsets', path.join(home, 'test/fixtures/data-sets/meta.mat')) };
  });

/** By the remedy as docs/errors.md has it, every one that names an option or a command. */
const cases: Record<string, readonly Case[]> = {
  'Say where its outcomes are to be written: --json part-….json.': [
    {
      command: ['evaluate', 'cifar.onnx', '--data', 'absent.bin', '--shard', '1/2'],
      followed: (message) => [
        ...['evaluate', 'cifar.onnx', '--data', 'absent.bin', '--shard', '1/2'],
        ...named('--json', message),
      ],
      next: absent,
    },
  ],
  'The attack msd is bounded in all three norms at once: leave --norm out.': attacked.map((command) => ({
    command: [...command, '--eps', '0.3,2,10', '--norm', 'l2'],
    followed: plus(command, '--eps', '0.3,2,10'),
    next: absent,
  })),
  'The attack msd takes three bounds, for …: --eps 0.3,2,10.': [
    ...attacked.map((command) => ({
      command,
      followed: (message: string) => [...command, ...named('--eps', message)],
      next: absent,
    })),
    {
      command: ['evaluate', 'cifar.onnx', '--data', 'test_batch.bin', '--attack', 'msd', '--steps', '1'],
      followed: (message) => [
        ...['evaluate', 'cifar.onnx', '--data', 'test_batch.bin', '--attack', 'msd', '--steps', '1'],
        ...named('--eps', message),
      ],
    },
  ],
  'Name it: … pgd.': unnamedAttack.map((command) => ({
    command,
    followed: (message) => [...command, ...named(/(--\S*attack)/.exec(message)![1]!, message)],
    next: absent,
  })),
  'Give some hundred that are like those in use: calibration in the API, --calib on the command line.': [
    {
      command: [...compress, '--int8'],
      followed: () => [...compress, '--int8', '--calib', 'data_batch_1.bin', '--calib-count', '8'],
    },
  ],
  'Name them: --calib data_batch_1.bin.': [
    ...ofCalibration.map((option) => ({
      command: [...compress, '--params', '0.8', '--exclude', '*', ...option],
      followed: (message: string) => [
        ...[...compress, '--params', '0.8', '--exclude', '*', ...option],
        ...named('--calib', message),
      ],
      // Once the images were read.
      next: /no convolution that may be replaced/,
    })),
    {
      command: [...sweep, '--data', 'absent.bin', '--calib-count', '4'],
      followed: (message) => [...sweep, '--data', 'absent.bin', '--calib-count', '4', ...named('--calib', message)],
      next: absent,
    },
    {
      command: [...compress, '--fastest', '--max-drop', '100%', '--data', 'test_batch.bin', '--run-threads', '1'],
      followed: (message) => [
        ...[...compress, '--fastest', '--max-drop', '100%', '--data', 'test_batch.bin', '--run-threads', '1'],
        ...[...named('--calib', message), '--calib-count', '4'],
      ],
      isTimed: true,
    },
    {
      command: [...compress, '--fastest', '--data', 'absent.bin'],
      followed: (message) => [...compress, '--fastest', '--data', 'absent.bin', ...named('--calib', message)],
      next: absent,
    },
  ],
  'Allow a larger --max-drop, give --calib images, or more of --data where it is to be --sure.': [
    {
      command: [...compress, '--max-drop', '0%', '--sure', '--data', 'test_batch.bin'],
      followed: plus(compress, '--max-drop', '100%', '--sure', '--data', 'test_batch.bin'),
    },
  ],
  'Allow a larger --max-drop, or give more of --calib where it is to be --sure.': [
    {
      command: [...compress, '--max-drop', '0%', '--sure', '--calib', 'test_batch.bin'],
      followed: plus(compress, '--max-drop', '100%', '--sure', '--calib', 'test_batch.bin'),
    },
  ],
  'Give 4 at least, better some hundred: --calib, --calib-count 2.': [
    {
      command: [...compress, '--max-drop', '100%', '--calib', 'test_batch.bin', '--calib-count', '1'],
      followed: (message) => [
        ...[...compress, '--max-drop', '100%', '--calib', 'test_batch.bin'],
        ...named('--calib-count', message),
      ],
    },
  ],
  'Give --shape theirs, or other images: only folders of pictures are scaled.': [
    {
      command: ['evaluate', 'open.onnx', '--data', 'test_batch.bin', ...fgsm, '--shape', 'x=1x3x224x224'],
      followed: plus(['evaluate', 'open.onnx', '--data', 'test_batch.bin', ...fgsm, '--shape', 'x=1x3x32x32']),
    },
  ],
  'Give it: --shape …=… (with its own numbers).': [
    ...[
      ['evaluate', 'open.onnx', '--data', 'pictures', ...fgsm],
      ['alpha', 'open.onnx', '-o', 'alpha.json', '--data', 'pictures'],
      ['bench', 'open.onnx', '--time', '0.01', '--threads', '1'],
    ].map((command) => ({ command, followed: (message: string) => [...command, ...named('--shape', message)] })),
    {
      command: ['compress', 'open.onnx', '-o', 'out.onnx', '--params', '0.8', '--calib', 'pictures'],
      followed: () => [
        ...['compress', 'open.onnx', '-o', 'out.onnx', '--params', '0.8', '--calib', 'pictures'],
        ...['--shape', 'x=1x3x16x16'],
      ],
    },
  ],
  'Name labelled ones, --data test_batch.bin, or others, --calib photos.': [
    {
      command: [...compress, '--max-drop', '100%'],
      followed: (message) => [...compress, '--max-drop', '100%', ...named('--data', message)],
    },
  ],
  'Leave it out, or name labelled images: --data test_batch.bin.': [
    {
      command: [...compress, '--max-drop', '100%', '--calib', 'images.npy', '--count', '2'],
      followed: (message) => [...compress, '--max-drop', '100%', '--count', '2', ...named('--data', message)],
    },
  ],
  'Leave it out, or say how much accuracy may drop: --max-drop 1%….': ofDrop.flatMap((option) => [
    {
      command: [...compress, '--params', '0.8', ...option],
      followed: (message: string) => {
        expect(message).toContain('in place of --params');
        return [
          ...compress,
          ...option,
          ...named('--max-drop', message),
          ...(option[0] === '--data' ? ['--count', '0'] : []),
        ];
      },
      next: /--max-drop needs images|not a whole number/,
    },
    {
      command: [...compress, '--int8', ...option],
      followed: (message: string) => {
        expect(message).toMatch(/--max-drop 1%\.$/m);
        return [
          ...[...compress, '--int8', ...option, ...named('--max-drop', message)],
          ...(option[0] === '--data' ? ['--count', '0'] : []),
        ];
      },
      next: /--max-drop needs images|not a whole number/,
    },
  ]),
  'Give -o, --report and --svg different ones.': [
    {
      command: [...sweep, '--report', 'page.html', '--data', 'absent.bin'],
      followed: plus(sweep, '--report', 'figures.json', '--svg', 'picture.svg', '--data', 'absent.bin'),
      next: absent,
    },
    {
      command: [...sweep, '--report', 'same', '--svg', './same', '--data', 'absent.bin'],
      followed: plus(sweep, '--report', 'figures.json', '--svg', 'picture.svg', '--data', 'absent.bin'),
      next: absent,
    },
  ],
  'Name their file: labels in the API, --labels on the command line.': [
    ...unlabelled.map((command) => ({ command, followed: plus(command, '--labels', 'absent.npy'), next: absent })),
    { command: unlabelled[0]!, followed: plus(unlabelled[0]!, '--labels', 'labels.npy') },
  ],
  'Exclude fewer: include and exclude in the API, --include and --exclude on the command line.': [
    {
      command: [...compress, '--params', '0.8', '--exclude', '*'],
      followed: plus(compress, '--params', '0.8'),
    },
    {
      command: ['alpha', 'small.onnx', '-o', 'alpha.json', '--data', 'images.npy', '--include', 'conv0'],
      followed: plus(['alpha', 'small.onnx', '-o', 'alpha.json', '--data', 'images.npy', '--include', 'conv1']),
    },
  ],
  'Take the first one, too: firstLayer in the API, --first-layer on the command line.': [
    ['compress', 'first.onnx', '-o', 'out.onnx', '--params', '0.9'],
    ['alpha', 'first.onnx', '-o', 'alpha.json', '--data', 'images.npy'],
  ].map((command) => ({ command, followed: plus(command, '--first-layer') })),
  "Give the shape of input '…' (inputShapes in the API, --shape on the command line), or a budget of params.": [
    {
      command: ['compress', 'open.onnx', '-o', 'out.onnx', '--macs', '0.8'],
      followed: plus(['compress', 'open.onnx', '-o', 'out.onnx', '--macs', '0.8', '--shape', 'x=1x3x32x32']),
    },
    {
      command: ['compress', 'open.onnx', '-o', 'out.onnx', '--macs', '0.8'],
      followed: plus(['compress', 'open.onnx', '-o', 'out.onnx', '--params', '0.8']),
    },
  ],
  'Give it: inputShapes in the API, --shape on the command line.': [
    {
      command: ['compress', 'open.onnx', '-o', 'out.onnx', '--latency', '0.99'],
      followed: plus(['compress', 'open.onnx', '-o', 'out.onnx', '--latency', '0.99', '--shape', 'x=1x3x16x16']),
      isTimed: true,
    },
    {
      command: ['sweep', 'open.onnx', '-o', 'page.html', '--data', 'test_batch.bin'],
      followed: plus(['sweep', 'open.onnx', ...sweep.slice(2), '--data', 'test_batch.bin', '--shape', 'x=1x3x32x32']),
    },
  ],
  'Give a recipe of your own: options in the API, a preset on the command line, as --preset unit.': [
    ['run', 'broken.onnx', '--input', picture],
    ['evaluate', 'broken.onnx', '--data', 'test_batch.bin'],
  ].map((command) => ({
    command,
    followed: (message: string) => [...command, ...named('--preset', message)],
  })),
  'Say what all get, as --preset torchvision.': [
    {
      command: ['evaluate', 'unit.onnx', 'caffe.onnx', '--data', 'test_batch.bin'],
      followed: (message) => [
        ...['evaluate', 'unit.onnx', 'caffe.onnx', '--data', 'test_batch.bin'],
        ...named('--preset', message),
      ],
    },
  ],
  'Leave --size out.': [
    {
      command: ['run', 'cifar.onnx', '--input', picture, '--size', '224'],
      followed: () => ['run', 'cifar.onnx', '--input', picture],
    },
  ],
  'Leave it out, or give a picture: --input photo.jpg.': [
    {
      command: ['run', 'two.onnx', '--input', 'a=file.npy', '--input', 'b=file.npy', '--preset', 'unit'],
      followed: () => ['run', 'two.onnx', '--input', 'a=file.npy', '--input', 'b=file.npy'],
    },
    {
      command: ['run', 'cifar.onnx', '--input', 'images.npy', '--preset', 'unit'],
      followed: (message) => [...['run', 'cifar.onnx', ...named('--input', message), '--preset', 'unit']],
      next: /DATA_UNREADABLE.*photo.jpg/,
    },
  ],
  'Write …': [
    {
      command: ['run', 'two.onnx', '--input', 'file.npy'],
      followed: (message) => ['run', 'two.onnx', ...message.slice(message.indexOf('--input')).trim().split(' ')],
    },
  ],
  "'gdws inspect' lists the operators of a model.": [
    {
      command: ['evaluate', 'unknown.onnx', '--data', 'test_batch.bin', ...fgsm],
      followed: () => ['inspect', 'unknown.onnx'],
    },
    { command: ['run', 'unknown.onnx', '--input', 'file.npy'], followed: () => ['inspect', 'unknown.onnx'] },
  ],
  'Name the attack whose images are tried: --attack pgd.': [
    {
      command: ['evaluate', 'cifar.onnx', '--data', 'absent.bin', '--transfer'],
      followed: (message) => [
        ...['evaluate', 'cifar.onnx', '--data', 'absent.bin', '--transfer'],
        ...named('--attack', message),
      ],
      next: absent,
    },
  ],
  'Measure them with gdws alpha, with the same --include, --exclude and --first-layer, or leave these layers as they are: --exclude.':
    [
      {
        command: [...compress, '--macs', '0.8', '--alpha', 'short.json'],
        followed: plus(['alpha', 'cifar.onnx', '-o', 'alpha.json', '--data', 'test_batch.bin']),
      },
      {
        command: [...compress, '--macs', '0.8', '--alpha', 'short.json'],
        followed: plus(compress, '--macs', '0.8', '--alpha', 'short.json', '--exclude', 'conv2'),
      },
    ],
  "Name the kit's meta.mat: synsets in the API, --synsets on the command line.": ofFlatPictures('numbers.txt'),
  'Name a file of all synsets: synsets in the API, --synsets on the command line.': ofFlatPictures('synsets.txt'),
};

/** Those that cannot be followed here, and why. */
const elsewhere: Record<string, string> = {
  'Raise memoryBytes of the model or of the repository (--memory), or unload other models.':
    'serve/models/repository.test.ts',
  'Give the files that evaluate --shard wrote; to evaluate a shard again, remove its file.': 'shards.test.ts',
  'Evaluate it, with the options of the others: --shard ….': 'shards.test.ts',
  "Keep in floats what reads them: int8Exclude in the API, --int8-exclude on the command line, for '…'.":
    'quantize/unusual-networks.test.ts',
  'Search among quantized ones, too: --fastest in place of --save, with images: --calib data_batch_1.bin.':
    'default-goal.test.ts',
  'Let more layers be replaced: a wider --include, fewer --exclude, or --first-layer.': 'default-goal.test.ts',
  'Allow a larger --max-drop, give more of --calib or --sure, or --keep-anyway writes it.': 'max-drop.test.ts',
  'Allow a larger --max-drop, give more of --data or --sure, or --keep-anyway writes it.': 'max-drop.test.ts',
  "'gdws inspect' lists the layers of a model.":
    'quantize/unusual-networks.test.ts; gdws inspect is in first-steps.test.ts',
  'Integers need finite numbers: keep the node in floats (int8Exclude, --int8-exclude), or export the model again from a training that converged.':
    'quantize/unusual-networks.test.ts',
  'Its size is what `node --max-old-space-size=` says, in MB.': 'an option of node',
  'Leave gdws out of the bundle (esbuild: --external:gdws), or put the files of node_modules/@gdws/… beside the bundle, or set the environment variable GDWS_ADDON to the path of the addon: docs/bundlers.md.':
    'package/tarball.full.test.ts',
  ...Object.fromEntries(
    [
      'Give --tls-cert and --tls-key.',
      'Give tokens (--token-file) or an authority of clients (--tls-client-ca); or say --insecure where something else keeps others out.',
      'Give other ports: --http-port, --grpc-port.',
      'gdws serve --new-token <client> makes a token and its line.',
    ].map((remedy) => [remedy, 'serve/access.test.ts, and serve.test.ts']),
  ),
  'Install it: npm install --save-optional @gdws/…@…': 'addon/missing.test.ts, and docs/install.md',
  'Install the addon that belongs to it: npm install --save-optional @gdws/…@…': 'addon/missing.test.ts',
};

beforeAll(async () => {
  process.chdir(folder.path);
  const pixels = Float32Array.from({ length: 4 * 3 * 64 }, (_, at) => ((7 * at) % 11) / 11);
  await writeNpy('images.npy', new Tensor('float32', pixels, [4, 3, 8, 8]));
  await writeNpy('labels.npy', new Tensor('int32', new Int32Array(4), [4]));
  await writeNpy('file.npy', new Tensor('float32', new Float32Array(2), [1, 2]));
  const cifar = Uint8Array.from({ length: 4 * 3073 }, (_, at) =>
    at % 3073 === 0 ? Math.floor(at / 3073) : (7 * at) % 256,
  );
  for (const name of ['test_batch.bin', 'data_batch_1.bin']) await fs.writeFile(name, cifar);
  await fs.writeFile('small.onnx', classifier());
  await fs.writeFile('short.json', JSON.stringify({ conv1: new Array<number>(8).fill(1) }));
  await fs.writeFile('cifar.onnx', classifier({ dims: ['n', 3, 32, 32] }));
  for (const [name, block] of Object.entries({ broken: '{', unit: '{}', caffe: '{"order":"bgr"}' })) {
    const model = decodeModel(classifier({ dims: ['n', 3, 32, 32] }));
    model.metadataProps.push(create(StringStringEntryProtoSchema, { key: 'gdws.preprocessing', value: block }));
    await fs.writeFile(`${name}.onnx`, encodeModel(model));
  }
  await fs.writeFile('open.onnx', classifier({ dims: ['n', 3, 'h', 'w'] }));
  await fs.writeFile('first.onnx', classifier({ kernels: [3, 1] }));
  const pair = (opType: string, domain = '') =>
    encodeModel(
      makeModel({
        nodes: [makeNode({ opType, domain, input: ['a', 'b'], output: ['y'] })],
        inputs: ['a', 'b'].map((name) => makeValueInfo(name, 'float32', ['n', 2])),
        outputs: [makeValueInfo('y', 'float32', ['n', 2])],
      }),
    );
  await fs.writeFile('two.onnx', pair('Add'));
  await fs.writeFile(
    'unknown.onnx',
    encodeModel(
      makeModel({
        nodes: [makeNode({ opType: 'Unheard', input: ['a'], output: ['y'] })],
        inputs: [makeValueInfo('a', 'float32', ['n', 2])],
        outputs: [makeValueInfo('y', 'float32', ['n', 2])],
      }),
    ),
  );
  await fs.writeFile('numbers.txt', '1\n3\n');
  await fs.writeFile('synsets.txt', 'n02119789\nn01440764\n');
  await fs.mkdir('flat');
  for (const number of [1, 2]) {
    const picture = sharp({
      create: { width: 40, height: 32, channels: 3, background: { r: 90 * number, g: 9, b: 9 } },
    });
    await picture.jpeg().toFile(path.join('flat', `ILSVRC2012_val_0000000${number}.JPEG`));
  }
  for (const label of ['cats', 'dogs']) {
    await fs.mkdir(path.join('pictures', label), { recursive: true });
    const picture = Uint8Array.from({ length: 3 * 20 * 16 }, (_, at) => (at * (7 + label.charCodeAt(0))) % 256);
    await sharp(picture, { raw: { width: 20, height: 16, channels: 3 } })
      .png()
      .toFile(path.join('pictures', label, '0.png'));
  }
});
afterAll(() => process.chdir(home));

const namesOption = /--[a-z]|'gdws [a-z]/;

test('every remedy that names an option or a command is followed here, or it is said why not', () => {
  const remedies = thrownMessages(path.join(home, 'src'), new Set(Object.keys(errorCodes)))
    .flatMap(({ remedy }) => remedy.split(' / '))
    .filter((remedy) => namesOption.test(remedy));
  const known = [...Object.keys(cases), ...Object.keys(elsewhere)];
  expect(remedies.filter((remedy) => !known.includes(remedy))).toEqual([]);
  // Nor is there one that no message has any more.
  const named = known.filter((remedy) => namesOption.test(remedy));
  expect(named.filter((remedy) => !remedies.includes(remedy))).toEqual([]);
});

test("what the codes' own cures name exists", () => {
  const all = [...options.values()].flat();
  for (const { cause, cure } of Object.values(errorCodes)) {
    for (const [option] of `${cause} ${cure}`.matchAll(/--[a-z][a-z-]*/g)) expect(all).toContain(option);
    for (const [, command] of `${cause} ${cure}`.matchAll(/`gdws ([a-z]+)/g)) {
      expect([...options.keys()]).toContain(command);
    }
  }
});

const followable = Object.entries(cases).flatMap(([remedy, own]) => own.map((one) => ({ remedy, ...one })));
test.each(followable)('$remedy — $command', async ({ remedy, command, followed, next, isTimed }) => {
  const first = await inProcess(...command);
  expect(first.code).toBeGreaterThan(0);
  for (const part of remedy.split('…')) expect(first.stderr).toContain(part.trim());
  // Whatever option it names, this command has.
  for (const [option] of first.stderr.matchAll(/--[a-z][a-z-]*/g)) expect(options.get(command[0]!)).toContain(option);
  const follow = () => inProcess(...followed(first.stderr));
  const second = await (isTimed ? withKnownTimes(cache(), follow) : follow());
  if (next) {
    expect(second.code).toBeGreaterThan(0);
    expect(second.stderr).toMatch(next);
    expect(second.stderr).not.toContain(first.stderr);
  } else expect({ code: second.code, stderr: second.code === 0 ? '' : second.stderr }).toEqual({ code: 0, stderr: '' });
});
