import { NetworkBuilder, type FeatureMap, type Network, type NetworkOptions } from './builder';
import type { ImageShape } from './image';

/**
 * Residual networks of He et al. (2016, arXiv 1512.03385), the stride of a bottleneck on its 3×3 convolution. For CIFAR
 * the stem is one 3×3 convolution.
 */
export function resnet(depth: 18 | 50, image: ImageShape, options: NetworkOptions): Network {
  const builder = new NetworkBuilder(options);
  const blocks = depth === 18 ? [2, 2, 2, 2] : [3, 4, 6, 3];
  const block = depth === 18 ? basicBlock : bottleneck;
  // The sum over the blocks keeps its size where each branch brings its share.
  const gain = 1 / Math.sqrt(blocks.reduce((sum, count) => sum + count));

  let x = stem(builder, builder.input(3, image.size), image);
  for (const [stage, count] of blocks.entries()) {
    for (let index = 0; index < count; ++index) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      x = block(builder, `layer${stage + 1}.${index}`, x, builder.channels(64 << stage), stride, gain);
    }
  }
  return builder.build(
    `resnet${depth}-${image.name}`,
    builder.linear('fc', builder.flatten(builder.globalAveragePool(x)), image.classes),
  );
}

/** The first layers: to 32×32 from CIFAR's images, to 56×56 from ImageNet's. */
function stem(builder: NetworkBuilder, x: FeatureMap, image: ImageShape): FeatureMap {
  const shape = {
    channels: builder.channels(64),
    ...(image.name === 'cifar' ? { kernel: 3 } : { kernel: 7, stride: 2 }),
  };
  const y = builder.relu(builder.convolution('conv1', x, shape));
  return image.name === 'cifar' ? y : builder.maxPool('maxpool', y, 3, 2);
}

function basicBlock(
  builder: NetworkBuilder,
  name: string,
  x: FeatureMap,
  channels: number,
  stride: number,
  gain: number,
): FeatureMap {
  const inner = builder.relu(builder.convolution(`${name}.conv1`, x, { channels, kernel: 3, stride }));
  const branch = builder.convolution(`${name}.conv2`, inner, { channels, kernel: 3, gain });
  return builder.relu(builder.add(`${name}.add`, branch, shortcut(builder, name, x, channels, stride)));
}

function bottleneck(
  builder: NetworkBuilder,
  name: string,
  x: FeatureMap,
  channels: number,
  stride: number,
  gain: number,
): FeatureMap {
  const reduced = builder.relu(builder.convolution(`${name}.conv1`, x, { channels, kernel: 1 }));
  const inner = builder.relu(builder.convolution(`${name}.conv2`, reduced, { channels, kernel: 3, stride }));
  const branch = builder.convolution(`${name}.conv3`, inner, { channels: 4 * channels, kernel: 1, gain });
  return builder.relu(builder.add(`${name}.add`, branch, shortcut(builder, name, x, 4 * channels, stride)));
}

function shortcut(builder: NetworkBuilder, name: string, x: FeatureMap, channels: number, stride: number): FeatureMap {
  if (stride === 1 && x.channels === channels) return x;
  // No activation follows before the sum: the gain of one that keeps the variance.
  return builder.convolution(`${name}.downsample`, x, { channels, kernel: 1, stride, gain: Math.SQRT1_2 });
}
