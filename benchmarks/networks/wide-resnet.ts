import { NetworkBuilder, type FeatureMap, type Network, type NetworkOptions } from './builder';
import type { ImageShape } from './image';

/**
 * Wide residual network WRN-28-4 of Zagoruyko and Komodakis (2016, arXiv 1605.07146). Its blocks normalise before they
 * convolve: the normalisation at the head of each stays, the one inside is folded. For ImageNet's images the stem is
 * ResNet's.
 */
export function wideResnet(image: ImageShape, options: NetworkOptions): Network {
  const builder = new NetworkBuilder(options);
  const blocks = 4;
  const gain = 1 / Math.sqrt(3 * blocks);

  let x = stem(builder, builder.input(3, image.size), image);
  for (const [stage, channels] of [64, 128, 256].entries()) {
    for (let index = 0; index < blocks; ++index) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      x = preactivationBlock(builder, `block${stage + 1}.${index}`, x, builder.channels(channels), stride, gain);
    }
  }
  x = builder.relu(builder.batchNormalization('bn', x));
  return builder.build(
    `wrn28-4-${image.name}`,
    builder.linear('fc', builder.flatten(builder.globalAveragePool(x)), image.classes),
  );
}

function stem(builder: NetworkBuilder, x: FeatureMap, image: ImageShape): FeatureMap {
  if (image.name === 'cifar') return builder.convolution('conv1', x, { channels: builder.channels(16), kernel: 3 });
  const y = builder.convolution('conv1', x, { channels: builder.channels(16), kernel: 7, stride: 2 });
  return builder.maxPool('maxpool', builder.relu(y), 3, 2);
}

function preactivationBlock(
  builder: NetworkBuilder,
  name: string,
  x: FeatureMap,
  channels: number,
  stride: number,
  gain: number,
): FeatureMap {
  const active = builder.relu(builder.batchNormalization(`${name}.bn1`, x));
  const inner = builder.relu(builder.convolution(`${name}.conv1`, active, { channels, kernel: 3, stride }));
  const branch = builder.convolution(`${name}.conv2`, inner, { channels, kernel: 3, gain });
  // Where the block changes the number of channels, its shortcut starts from the normalised map.
  const straight =
    stride === 1 && x.channels === channels
      ? x
      : builder.convolution(`${name}.shortcut`, active, { channels, kernel: 1, stride });
  return builder.add(`${name}.add`, branch, straight);
}
