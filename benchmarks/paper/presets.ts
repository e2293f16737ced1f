import path from 'node:path';
import type { AttackArguments } from '../../src/cli/attack-options';
import type { Form } from './networks';

/** What a network of the paper is judged by. The checkpoint and the images are the user's, or lie in `../shared`. */
export interface Preset {
  readonly model?: string;
  readonly data?: string;
  /** Images that α is measured on and GDWS calibrated on, of which the network may have seen any. */
  readonly trainingData?: string;
  readonly attack: Pick<AttackArguments, 'attack' | 'norm' | 'eps' | 'steps' | 'stepSize'>;
  readonly forms: readonly Form[];
  /** Shares of the multiply-accumulates. */
  readonly macs: readonly number[];
  /** β of weighted GDWS that the authors name, beside the shares. */
  readonly betas?: readonly number[];
  /** What the network expects where its file does not normalise images itself. */
  readonly normalization?: { readonly mean: number[]; readonly std: number[] };
  /** Share of scaled pictures that is taken. */
  readonly crop?: number;
}

const root = path.resolve(__dirname, '../..');
const examples = path.join(root, 'examples');
/** Beside the repository, where there are such files. */
const shared = path.resolve(root, '../shared');

/** The paper's attack on CIFAR-10 and SVHN. */
export const paperAttack = { attack: 'pgd', norm: 'linf', eps: '8/255', steps: 100, stepSize: '1/255' } as const;

const byAlpha = ['weighted', 'unweighted'] as const;
export const usualMacs = [0.75, 0.5, 0.35, 0.25];
/** For networks whose 1×1 convolutions, which stay dense, have about half of the multiply-accumulates. */
const bottleneckMacs = [0.9, 0.75, 0.65];

const usual = { attack: paperAttack, forms: byAlpha, macs: usualMacs };
const cifar10 = { mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616] };
const svhn = { mean: [0.5], std: [0.5] };
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export const presets = {
  mnist: {
    ...usual,
    model: path.join(examples, 'robust-mnist.onnx'),
    data: path.join(examples, 'mnist-test-images-idx3-ubyte'),
    trainingData: path.join(examples, 'mnist-calib-images-idx3-ubyte'),
    attack: { attack: 'pgd', norm: 'linf', eps: '0.3', steps: 100, stepSize: '0.02' },
  },
  cifar10: {
    ...usual,
    model: path.join(shared, 'models/robust-cifar10-preactresnet18.onnx'),
    data: path.join(shared, 'data/cifar10-test-1000.bin'),
    trainingData: path.join(shared, 'data/cifar10-calib-1000.bin'),
  },
  /** Figure 1: robust accuracy against frames per second. */
  vgg16: {
    ...usual,
    model: path.join(shared, 'models/robust-cifar10-vgg16.onnx'),
    data: path.join(shared, 'data/cifar10-test-1000.bin'),
    trainingData: path.join(shared, 'data/cifar10-calib-1000.bin'),
    forms: ['weighted', 'calibrated', 'int8'],
  },
  'cifar10-resnet18': { ...usual, betas: [0.005], normalization: cifar10 },
  'cifar10-resnet50': { ...usual, macs: bottleneckMacs, normalization: cifar10 },
  'cifar10-vgg16': usual,
  'cifar10-wrn28-4': usual,
  'cifar10-msd-resnet18': { ...usual, attack: { attack: 'msd', eps: '0.03,0.5,12', steps: 50 } },
  'svhn-resnet18': { ...usual, normalization: svhn },
  'svhn-vgg16': usual,
  'svhn-wrn28-4': usual,
  'imagenet-resnet50': {
    ...usual,
    attack: { ...paperAttack, eps: '4/255', steps: 50 },
    macs: bottleneckMacs,
    normalization: imagenet,
    crop: 0.875,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as PresetName[];

export function presetOf(name: PresetName): Preset {
  return presets[name];
}
