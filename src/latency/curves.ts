import { describe } from '../measure';
import { floatTimes, type FloatTime, type PlacedProduct } from './format-times';
import { isotonic } from './isotonic';
import type { LayerLatency } from './latency-model';
import type { PlacedLayer } from './leveled-program';
import { stepsAt } from './levels';
import { runTime, type ProgramTime } from './time-programs';

/** The times of a level, and of the dense network in the same rounds. */
export interface LevelTime {
  readonly level: number;
  readonly dense: ProgramTime;
  readonly gdws: ProgramTime;
  /** Where the others are in integers: of the dense network in floats, and with some of its products in floats. */
  readonly formats?: { readonly floats: ProgramTime; readonly mixed: ProgramTime };
}

/** Products whose format may be chosen. */
export interface FormatChoices {
  readonly products: readonly PlacedProduct[];
  /** Names of those that are in floats in the mixed program. */
  readonly mixed: ReadonlySet<string>;
}

/** Time of the dense network and of its layers, which together with the rest of the network make exactly that time. */
export interface Curves {
  readonly dense: number;
  readonly layers: readonly LayerLatency[];
  /** Where they are in integers. */
  readonly inFloats?: {
    /** Time of the dense network in floats. */
    readonly dense: number;
    /** What it takes to have products in floats, by name. */
    readonly products: Readonly<Record<string, FloatTime>>;
  };
}

/**
 * Curves of the layers from times at several levels. The machine may be slower at one level than at another: times are taken
 * relative to the dense network's in the same rounds.
 *
 * Layers that compute the same have one curve, of their mean times: otherwise the allocation would prefer layers whose times are
 * too short by chance.
 *
 * The rest of the network takes less time where the layers are faster: smaller layers leave more of the caches, and short runs are
 * interrupted less often. Each layer's curve includes its part of that time.
 */
export function curvesOf(layers: readonly PlacedLayer[], times: readonly LevelTime[], formats?: FormatChoices): Curves {
  const dense = describe(times.map((time) => runTime(time.dense))).median;
  const scaled = times.map((time) => ({ ...time, scale: dense / runTime(time.dense) }));
  const share = 1 + restByLayerTime(layers, times);
  const digits = (time: number) => Number(time.toPrecision(5));
  const curveOf = (alike: readonly PlacedLayer[]): LayerLatency => {
    const mean = (time: ProgramTime) => alike.reduce((sum, layer) => sum + layerTime(layer, time), 0) / alike.length;
    const timesAt = new Map<number, number[]>();
    for (const { level, gdws, scale } of scaled) {
      const kernels = stepsAt(alike[0]!.shape, level) * alike[0]!.shape.groups;
      timesAt.set(kernels, [...(timesAt.get(kernels) ?? []), share * scale * mean(gdws)]);
    }
    const median = (numbers: number[]) => describe(numbers).median;
    return {
      dense: digits(share * median(scaled.map((time) => time.scale * mean(time.dense)))),
      kernels: [...timesAt.keys()],
      gdws: isotonic([...timesAt.values()].map(median)).map(digits),
    };
  };
  const kinds = new Map<string, PlacedLayer[]>();
  for (const layer of layers) kinds.set(layer.kind, [...(kinds.get(layer.kind) ?? []), layer]);
  const curves = new Map([...kinds].map(([kind, alike]) => [kind, curveOf(alike)]));
  return {
    dense: digits(dense),
    layers: layers.map(({ kind }) => curves.get(kind)!),
    ...(formats && { inFloats: inFloats(scaled, formats) }),
  };
}

/** Of levels that were all timed in both formats. */
function inFloats(
  times: readonly (LevelTime & { readonly scale: number })[],
  { products, mixed }: FormatChoices,
): Curves['inFloats'] {
  const median = (numbers: number[]) => Number(describe(numbers).median.toPrecision(5));
  const extra = times.map(({ scale, dense, formats }) =>
    floatTimes(products, mixed, { integers: dense, ...formats! }, scale),
  );
  return {
    dense: median(times.map(({ scale, formats }) => scale * runTime(formats!.floats))),
    products: Object.fromEntries(
      products.map(({ name }) => {
        const own = extra.map((ofLevel) => ofLevel[name]!);
        return [
          name,
          {
            longer: median(own.map(({ longer }) => longer)),
            conversion: median(own.map(({ conversion }) => conversion)),
          },
        ];
      }),
    ),
  };
}

/** Time of the rest of the network per time of the layers: least squares through the dense network. */
function restByLayerTime(layers: readonly PlacedLayer[], times: readonly LevelTime[]): number {
  const parts = (time: ProgramTime) => {
    const ofLayers = layers.reduce((sum, layer) => sum + layerTime(layer, time), 0);
    return { ofLayers, rest: runTime(time) - ofLayers };
  };
  let [products, squares, most] = [0, 0, Infinity];
  for (const { dense, gdws } of times) {
    const [whole, small] = [parts(dense), parts(gdws)];
    const saved = whole.ofLayers - small.ofLayers;
    if (saved <= 0) continue;
    products += saved * (whole.rest - small.rest);
    squares += saved * saved;
    most = Math.min(most, whole.rest / whole.ofLayers);
  }
  return squares > 0 ? Math.max(0, Math.min(most, products / squares)) : 0;
}

/** The total of all operations of a layer. */
export function layerTime({ operations }: PlacedLayer, time: ProgramTime): number {
  return operations.reduce((sum, operation) => sum + (time.operations.get(operation) ?? 0), 0);
}
