import fc from 'fast-check';
import { Tensor } from '../../src/session';
import { encodeModel } from '../../src/onnx/write';
import { NetworkBuilder } from './network-builder';
import { layerKinds, type LayerKind } from './random-layers';

/** One layer of a plan; what the numbers choose depends on the kind and on what the layer is given. */
export interface LayerPlan {
  readonly kind: LayerKind;
  readonly choices: readonly number[];
}

/** What a random network is made from: small, so that it prints well, and such that every plan makes a valid network. */
export interface NetworkPlan {
  readonly images: number;
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

const choices = 10;

const layer: fc.Arbitrary<LayerPlan> = fc.record({
  kind: fc.constantFrom(...layerKinds),
  choices: fc.array(fc.nat(59), { minLength: choices, maxLength: choices }),
});

export const networkPlan: fc.Arbitrary<NetworkPlan> = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 19 }),
  width: fc.integer({ min: 1, max: 19 }),
  seed: fc.nat(2 ** 31 - 1),
  layers: fc.array(layer, { minLength: 1, maxLength: 12 }),
});

/** The network of a plan. */
export function makeNetwork(plan: NetworkPlan): RandomNetwork {
  const { images, channels, height, width, seed } = plan;
  const builder = new NetworkBuilder([images, channels, height, width], seed);
  for (const { kind, choices } of plan.layers) builder.add(kind, choices);
  const model = builder.model();
  return {
    bytes: encodeModel(model),
    feeds: (count = images) => {
      const dims = [count, channels, height, width];
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
