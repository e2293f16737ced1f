import { NetworkBuilder, type FeatureMap, type Network, type NetworkOptions } from './builder';
import type { ImageShape } from './image';

/** MobileNetV2 of Sandler et al. (2018, arXiv 1801.04381), batch-norm folded. It has no K×K convolution but the first that GDWS could replace. */
export function mobilenetV2(image: ImageShape, options: NetworkOptions): Network {
  const builder = new NetworkBuilder(options);
  const first = { channels: builder.channels(32), kernel: 3, stride: image.name === 'imagenet' ? 2 : 1 };
  let x = builder.clip(builder.convolution('features.0', builder.input(3, image.size), first), 6);
  let block = 1;
  for (const { expansion, channels, count, stride } of stages) {
    for (let index = 0; index < count; ++index) {
      const shape = { expansion, channels: builder.channels(channels), stride: index === 0 ? stride : 1 };
      x = invertedResidual(builder, `features.${block++}`, x, shape);
    }
  }
  x = builder.clip(builder.convolution(`features.${block}`, x, { channels: builder.channels(1280), kernel: 1 }), 6);
  const pooled = builder.flatten(builder.globalAveragePool(x));
  return builder.build(`mobilenetv2-${image.name}`, builder.linear('classifier', pooled, image.classes));
}

interface BlockShape {
  readonly expansion: number;
  readonly channels: number;
  readonly stride: number;
}

function invertedResidual(
  builder: NetworkBuilder,
  name: string,
  x: FeatureMap,
  { expansion, channels, stride }: BlockShape,
): FeatureMap {
  const wide = { channels: x.channels * expansion, kernel: 1 };
  const expanded = expansion === 1 ? x : builder.clip(builder.convolution(`${name}.expand`, x, wide), 6);
  const filtered = builder.clip(builder.depthwise(`${name}.depthwise`, expanded, { kernel: 3, stride }), 6);
  const y = builder.convolution(`${name}.project`, filtered, { channels, kernel: 1, gain: Math.SQRT1_2 });
  return stride === 1 && x.channels === channels ? builder.add(`${name}.add`, y, x) : y;
}

const stages = [
  { expansion: 1, channels: 16, count: 1, stride: 1 },
  { expansion: 6, channels: 24, count: 2, stride: 2 },
  { expansion: 6, channels: 32, count: 3, stride: 2 },
  { expansion: 6, channels: 64, count: 4, stride: 2 },
  { expansion: 6, channels: 96, count: 3, stride: 1 },
  { expansion: 6, channels: 160, count: 3, stride: 2 },
  { expansion: 6, channels: 320, count: 1, stride: 1 },
];
