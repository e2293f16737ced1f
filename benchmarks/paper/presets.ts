import path from 'node:path';
import type { AttackArguments } from '../../src/cli/attack-options';

/** A network, the images it is tried on, and the attack that its kind is judged by. */
export interface Preset {
  readonly model: string;
  readonly data: string;
  /** Images that α is measured on, of which the network may have seen any. */
  readonly alphaData: string;
  readonly attack: Pick<AttackArguments, 'attack' | 'norm' | 'eps' | 'steps' | 'stepSize'>;
}

const root = path.resolve(__dirname, '../..');
const examples = path.join(root, 'examples');
/** Beside the repository, where there are such files. */
const shared = path.resolve(root, '../shared');

/** The paper's attack on CIFAR-10 and SVHN. */
export const paperAttack = { attack: 'pgd', norm: 'linf', eps: '8/255', steps: 100, stepSize: '1/255' } as const;

export const presets = {
  mnist: {
    model: path.join(examples, 'robust-mnist.onnx'),
    data: path.join(examples, 'mnist-test-images-idx3-ubyte'),
    alphaData: path.join(examples, 'mnist-calib-images-idx3-ubyte'),
    attack: { attack: 'pgd', norm: 'linf', eps: '0.3', steps: 100, stepSize: '0.02' },
  },
  cifar10: {
    model: path.join(shared, 'models/robust-cifar10-preactresnet18.onnx'),
    data: path.join(shared, 'data/cifar10-test-1000.bin'),
    alphaData: path.join(shared, 'data/cifar10-calib-1000.bin'),
    attack: paperAttack,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as PresetName[];
