import { describe } from '../measure';
import { isotonic } from './isotonic';
import type { LayerLatency } from './latency-model';
import type { PlacedLayer } from './leveled-program';
import { stepsAt } from './levels';
import { runTime, type ProgramTime } from './time-programs';

/** A level's times, and those of the dense network in the same rounds. */
export interface LevelTime {
  readonly level: number;
  readonly dense: ProgramTime;
  readonly gdws: ProgramTime;
}

/** Time of the dense network and of its layers, which together with the rest of the network make exactly that time. */
export interface Curves {
  readonly dense: number;
  readonly layers: readonly LayerLatency[];
}

/**
 * Curves of the layers from times at several levels. The machine may be slower at one level than at another: times count as
 * shares of the dense network's in the same rounds.
 */
export function curvesOf(layers: readonly PlacedLayer[], times: readonly LevelTime[]): Curves {
  const dense = describe(times.map((time) => runTime(time.dense))).median;
  const digits = (time: number) => Number(time.toPrecision(5));
  const scaled = times.map((time) => ({ ...time, scale: dense / runTime(time.dense) }));
  return {
    dense: digits(dense),
    layers: layers.map((layer) => {
      const timesAt = new Map<number, number[]>();
      for (const { level, gdws, scale } of scaled) {
        const kernels = stepsAt(layer.shape, level) * layer.shape.groups;
        timesAt.set(kernels, [...(timesAt.get(kernels) ?? []), scale * layerTime(layer, gdws)]);
      }
      const median = (numbers: number[]) => describe(numbers).median;
      return {
        dense: digits(median(scaled.map((time) => time.scale * layerTime(layer, time.dense)))),
        kernels: [...timesAt.keys()],
        gdws: isotonic([...timesAt.values()].map(median)).map(digits),
      };
    }),
  };
}

/** Of all operations of a layer together. */
export function layerTime({ operations }: PlacedLayer, time: ProgramTime): number {
  return operations.reduce((sum, operation) => sum + (time.operations.get(operation) ?? 0), 0);
}
