import fc from 'fast-check';
import { Tensor } from '../../src/engine/session';
import { encodeModel } from '../../src/onnx/write';
import { layerKinds, motifKinds, type LayerKind } from './layer-kinds';
import { NetworkBuilder } from './network-builder';

/** One layer of a plan; what the numbers choose depends on the kind and on what the layer is given. */
export interface LayerPlan {
  readonly kind: LayerKind;
  readonly choices: readonly number[];
}

/** What a random network is made from: small, so that it prints well, and such that every plan makes a valid network. */
export interface NetworkPlan {
  readonly images: number;
  /** Whether the network declares the number of images, and takes no other. */
  readonly isFixed: boolean;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Of the weights and the feeds. */
  readonly seed: number;
  readonly layers: readonly LayerPlan[];
}

export interface RandomNetwork {
  readonly bytes: Uint8Array;
  /** Feeds for a number of images; another than the plan's where the layers leave it open. */
  readonly feeds: (images?: number) => Record<string, Tensor>;
  readonly plan: NetworkPlan;
  /** Operators in order, as `Conv Relu`. */
  readonly description: string;
}

const choices = 16;

const layerOf = (kind: fc.Arbitrary<LayerKind>): fc.Arbitrary<LayerPlan> =>
  fc.record({ kind, choices: fc.array(fc.nat(59), { minLength: choices, maxLength: choices }) });

const layer = layerOf(fc.constantFrom(...layerKinds));
const motif = layerOf(fc.constantFrom(...motifKinds));
const seed = fc.nat(2 ** 31 - 1);

/** Single layers in any order, on any maps. */
const layered: fc.Arbitrary<NetworkPlan> = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  isFixed: fc.constant(false),
  channels: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 19 }),
  width: fc.integer({ min: 1, max: 19 }),
  seed,
  layers: fc.array(fc.oneof({ weight: 5, arbitrary: layer }, { weight: 1, arbitrary: motif }), {
    minLength: 1,
    maxLength: 12,
  }),
});

/** Of a map; with these the channels are often multiples of the 64 bytes to which memory is aligned. */
const side = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(8, 4, 16) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) },
);

/** Motifs of known architectures between layers; mostly of one image, whose parts of a concatenation can lie in place. */
const architectures: fc.Arbitrary<NetworkPlan> = fc.record({
  images: fc.constantFrom(1, 1, 1, 2, 3),
  isFixed: fc.constantFrom(false, false, true),
  channels: fc.constantFrom(4, 3, 1, 2, 8),
  height: side,
  width: side,
  seed,
  layers: fc
    .tuple(
      layerOf(fc.constant('stem')),
      fc.array(fc.oneof({ weight: 3, arbitrary: motif }, { weight: 1, arbitrary: layer }), {
        minLength: 1,
        maxLength: 5,
      }),
      layer,
    )
    .map(([first, between, last]) => [first, ...between, last]),
});

export const networkPlan: fc.Arbitrary<NetworkPlan> = fc.oneof(
  { weight: 1, arbitrary: layered },
  { weight: 2, arbitrary: architectures },
);

/** The network of a plan. */
export function makeNetwork(plan: NetworkPlan): RandomNetwork {
  const { images, isFixed, channels, height, width, seed } = plan;
  const builder = new NetworkBuilder([images, channels, height, width], seed, isFixed);
  for (const { kind, choices } of plan.layers) builder.add(kind, choices);
  const model = builder.model();
  return {
    bytes: encodeModel(model),
    feeds: (count = images) => {
      const dims = [isFixed ? images : count, channels, height, width];
      return { x: new Tensor('float32', builder.random.floats(dims).data as Float32Array, dims) };
    },
    plan,
    description: model.graph!.node.map(({ opType }) => opType).join(' '),
  };
}

/** The network of a number, the same each time. */
export function randomNetwork(seed: number): RandomNetwork {
  const [plan] = fc.sample(networkPlan, { seed, numRuns: 1 });
  return makeNetwork(plan!);
}
