import type { Network, NetworkOptions } from './builder';
import { cifar, imagenet } from './image';
import { mobilenetV2 } from './mobilenet';
import { resnet } from './resnet';
import { vgg16 } from './vgg';
import { wideResnet } from './wide-resnet';

export type { FeatureMap, Network, NetworkOptions } from './builder';

/** The networks that can be asked for by name, each with seeded weights: the same options give the same bytes. */
export const networks = {
  'resnet18-cifar': (options: NetworkOptions = {}) => resnet(18, cifar, options),
  'resnet50-cifar': (options: NetworkOptions = {}) => resnet(50, cifar, options),
  'vgg16-cifar': (options: NetworkOptions = {}) => vgg16(cifar, options),
  'wrn28-4-cifar': (options: NetworkOptions = {}) => wideResnet(cifar, options),
  'resnet18-imagenet': (options: NetworkOptions = {}) => resnet(18, imagenet, options),
  'resnet50-imagenet': (options: NetworkOptions = {}) => resnet(50, imagenet, options),
  'vgg16-imagenet': (options: NetworkOptions = {}) => vgg16(imagenet, options),
  'mobilenetv2-imagenet': (options: NetworkOptions = {}) => mobilenetV2(imagenet, options),
  'wrn28-4-imagenet': (options: NetworkOptions = {}) => wideResnet(imagenet, options),
} satisfies Record<string, (options?: NetworkOptions) => Network>;

export type NetworkName = keyof typeof networks;

export const networkNames = Object.keys(networks) as NetworkName[];
