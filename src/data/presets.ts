import type { Recipe } from './recipe';

/** Names of the usual recipes: {@link presets}. */
export type PresetName = 'torchvision' | 'cifar10' | 'mnist' | 'unit' | 'bytes' | 'tensorflow' | 'caffe';

/** Recipes by which networks are usually trained. Means and deviations are in the scale of `range`. */
export const presets: Readonly<Record<PresetName, Recipe>> = {
  // Of ImageNet's training set, as torchvision's models have them.
  torchvision: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], crop: 0.875, size: 224 },
  // Over all pixels of its 50,000 training images.
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616], size: 32 },
  mnist: { mean: [0.1307], std: [0.3081], size: 28 },
  unit: {},
  bytes: { range: 255 },
  tensorflow: { mean: [0.5], std: [0.5] },
  // VGG's mean colour, blue first.
  caffe: { range: 255, order: 'bgr', mean: [103.939, 116.779, 123.68], crop: 0.875, size: 224 },
};
