import fc from 'fast-check';
import { mixedPlan } from '../../src/compress/mixed-plan';
import { budgetLosses, type RankedLayer } from '../../src/compress/plan';
import type { Choice } from '../../src/gdws/choices';
import type { Layer } from '../../src/gdws/layers';
import { rankComponents } from '../../src/gdws/ranking';
import { latencyCosts, networkLatency, type LatencyModel, type LayerLatency } from '../../src/latency/latency-model';
import { makeNode } from '../../src/onnx/make';
import type { RoundedPart } from '../../src/quantize/rounding-losses';

const shape = { outputChannels: 4, inputChannels: 2, groups: 1, kernel: [1, 3] };

function rankedLayer(name: string, energies: readonly number[]): RankedLayer {
  const sorted = [0, 1].flatMap((c) => energies.slice(3 * c, 3 * c + 3).sort((a, b) => b - a));
  const node = makeNode({ opType: 'Conv', name, input: ['x', 'w'], output: [`${name}.out`] });
  const layer = { name, nodes: [node], shape, weights: new Float32Array(), type: 'float32', weightsStay: false };
  return { layer: layer as Layer, ranking: rankComponents(shape, Float64Array.from(sorted)) };
}

const time = fc.double({ min: 0.1, max: 10, noNaN: true });
const layerTimes: fc.Arbitrary<LayerLatency> = fc
  .record({ dense: time, gdws: fc.array(time, { minLength: 2, maxLength: 2 }) })
  .map(({ dense, gdws }) => ({ dense, kernels: [1, 6], gdws: gdws.sort((a, b) => a - b) }));

/** Up to two layers, each with a part of its own, and up to two parts of one or two products that are no layers. */
const network = fc
  .record({
    layers: fc.array(
      fc.record({
        energies: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 6, maxLength: 6 }),
        integers: layerTimes,
        floats: layerTimes,
        loss: fc.double({ min: 0, max: 5, noNaN: true }),
        isRounded: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    others: fc.array(
      fc.record({
        extras: fc.array(fc.double({ min: -1, max: 5, noNaN: true }), { minLength: 1, maxLength: 2 }),
        loss: fc.double({ min: 0, max: 5, noNaN: true }),
      }),
      { maxLength: 2 },
    ),
    rest: time,
    share: fc.double({ min: 0.4, max: 1.4, noNaN: true }),
  })
  .map(({ layers, others, rest, share }) => {
    const nameOf = (i: number) => `layer${i}`;
    const ranked = layers.map(({ energies }, i) => rankedLayer(nameOf(i), energies));
    const parts: RoundedPart[] = [
      ...layers.flatMap(({ loss, isRounded }, i) => (isRounded ? [{ products: [nameOf(i)], loss }] : [])),
      ...others.map(({ extras, loss }, i) => ({ products: extras.map((_, k) => `other${i}.${k}`), loss })),
    ];
    const dense = layers.reduce((sum, { integers }) => sum + integers.dense, rest);
    const model: LatencyModel = {
      ...{ threads: 1, batch: 1, instructionSet: 'portable', dense },
      layers: Object.fromEntries(layers.map(({ integers }, i) => [nameOf(i), integers])),
      inFloats: {
        dense: 2 * dense,
        layers: Object.fromEntries(layers.map(({ floats }, i) => [nameOf(i), floats])),
        products: Object.fromEntries([
          ...others.flatMap(({ extras }, i) => extras.map((extra, k) => [`other${i}.${k}`, extra] as const)),
        ]),
      },
    };
    return { ranked, parts, model, milliseconds: share * dense };
  });

function* everyWay<Option>([first, ...rest]: readonly (readonly Option[])[]): Generator<Option[]> {
  if (!first) {
    yield [];
    return;
  }
  for (const option of first) for (const others of everyWay(rest)) yield [option, ...others];
}

/** The least loss of all ways to choose, from the definitions; `undefined` where none is within the time. */
function leastLoss(
  layers: readonly RankedLayer[],
  parts: readonly RoundedPart[],
  model: LatencyModel,
  milliseconds: number,
): number | undefined {
  const isKnown = (layer: RankedLayer) => parts.some(({ products }) => products.includes(layer.layer.name));
  let best: number | undefined;
  for (const floats of everyWay(parts.map(() => [false, true]))) {
    const inFloats = new Set(parts.flatMap(({ products }, i) => (floats[i] ? products : [])));
    const choices = layers.map((layer): Choice[] => {
      const isFloat = isKnown(layer) && inFloats.has(layer.layer.name);
      const times = (isFloat ? model.inFloats!.layers : model.layers)[layer.layer.name];
      const { costs } = latencyCosts(times, 1, layer.ranking.steps);
      return ['dense', ...Array.from(costs.keys()).filter((n) => n > 0 && costs[n]! < Infinity)];
    });
    for (const chosen of everyWay(choices)) {
      const replaced = new Map(
        layers.flatMap(({ layer }, i) => (chosen[i] === 'dense' ? [] : [[layer.name, chosen[i]!] as const])),
      );
      if (networkLatency(model, replaced, inFloats) > milliseconds * (1 + 1e-9)) continue;
      const steps = layers.map((layer, i) => (chosen[i] === 'dense' ? 0 : budgetLosses(layer)[chosen[i]!]!));
      const rounding = parts.map(({ loss }, i) => (floats[i] ? 0 : loss));
      const loss = [...steps, ...rounding].reduce((sum, one) => sum + one, 0);
      best = Math.min(best ?? Infinity, loss);
    }
  }
  return best;
}

test('steps and formats lose least of all ways within the time, or the least time is named', () => {
  let [met, mixed] = [0, 0];
  fc.assert(
    fc.property(network, ({ ranked, parts, model, milliseconds }) => {
      const found = mixedPlan(ranked, parts, model, milliseconds);
      const best = leastLoss(ranked, parts, model, milliseconds);
      if (typeof found === 'number') {
        expect(best).toBeUndefined();
        expect(found).toBeGreaterThan(milliseconds);
        expect(leastLoss(ranked, parts, model, found)).toBeDefined();
        return;
      }
      ++met;
      if (found.inFloats.size > 0 && found.inFloats.size < parts.flatMap(({ products }) => products).length) ++mixed;
      expect(best).toBeDefined();
      expect(found.allocation!.loss).toBeLessThanOrEqual(best! + 1e-9);
      expect(found.allocation!.bound).toBeLessThanOrEqual(best! + 1e-9);
      const replaced = new Map(
        ranked.flatMap(({ layer }, i) =>
          found.chosen[i] === 'dense' ? [] : [[layer.name, found.chosen[i] as number] as const],
        ),
      );
      expect(networkLatency(model, replaced, found.inFloats)).toBeLessThanOrEqual(milliseconds * (1 + 1e-9));
    }),
    { numRuns: 600, seed: 1 },
  );
  expect(met).toBeGreaterThan(50);
  expect(mixed).toBeGreaterThan(25);
});
