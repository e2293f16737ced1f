import { NetworkBuilder, type Network, type NetworkOptions } from './builder';
import type { ImageShape } from './image';

/**
 * VGG-16 of Simonyan and Zisserman (2015, arXiv 1409.1556), batch-norm folded: 13 convolutions, then one linear layer for
 * CIFAR's images, three for ImageNet's.
 */
export function vgg16(image: ImageShape, options: NetworkOptions): Network {
  const builder = new NetworkBuilder(options);
  let x = builder.input(3, image.size);
  for (const [stage, [channels, count]] of stages.entries()) {
    for (let index = 0; index < count; ++index) {
      const shape = { channels: builder.channels(channels), kernel: 3 };
      x = builder.relu(builder.convolution(`conv${stage + 1}_${index + 1}`, x, shape));
    }
    x = builder.maxPool(`pool${stage + 1}`, x, 2, 2);
  }
  x = builder.flatten(x);
  if (image.name === 'imagenet') {
    for (const name of ['fc6', 'fc7']) x = builder.relu(builder.linear(name, x, builder.channels(4096)));
  }
  return builder.build(`vgg16-${image.name}`, builder.linear('fc8', x, image.classes));
}

/** Channels and number of convolutions before each pooling. */
const stages = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;
