import { palette, type ColorName } from '../../html/palette';
import type { Proportion } from '../../robustness/statistics/wilson';
import { sweepMethods, type SweepMethod, type SweepReport, type SweptNetwork } from '../report';

/** The measures of speed or cost of a network; the first one is drawn first. */
export const axes = ['imagesPerSecond', 'milliseconds', 'macs', 'params'] as const;
export type Axis = (typeof axes)[number];

export const axisNames: Readonly<Record<Axis, string>> = {
  imagesPerSecond: 'images a second',
  milliseconds: 'time of a run (ms)',
  macs: 'multiply-accumulates kept (%)',
  params: 'weights kept (%)',
};

export const methodNames: Readonly<Record<SweepMethod, string>> = {
  dense: 'dense',
  gdws: 'gdws',
  int8: 'gdws in int8',
  paper: "the paper's algorithm",
};

const methodColors: Readonly<Record<SweepMethod, ColorName>> = {
  dense: 'grey',
  gdws: 'teal',
  int8: 'violet',
  paper: 'orange',
};

/** The colour of a method on light ground. */
export function colorOf(method: SweepMethod): string {
  return palette[methodColors[method]][0];
}

/** The form of a network, as `gdws in int8, 35 % of the MACs`. */
export function formName({ method, budget }: Pick<SweptNetwork, 'method' | 'budget'>): string {
  if (method === 'dense') return 'dense';
  return `${methodNames[method]}, ${Number((100 * budget).toPrecision(4))} % of the MACs`;
}

/** The coordinate of a network on an axis; costs in per cent of the dense network's. */
export function placeOf(report: SweepReport, network: SweptNetwork, axis: Axis): number {
  const dense = report.networks[0]!;
  if (axis === 'macs' || axis === 'params') return (100 * network[axis]) / dense[axis];
  return network[axis];
}

interface Point {
  readonly x: number;
  readonly accuracy: Proportion;
  /** Place of the network in the report. */
  readonly network: number;
}

/**
 * Accuracy against speed or cost, as options of ECharts: a line for each method, solid for natural accuracy and dashed for accuracy under
 * attack, each point with its 95 % interval; a ring around the chosen network, and a line at the least accuracy that it may have.
 */
export function frontOption(report: SweepReport, axis: Axis): object {
  const series = sweepMethods.flatMap((method) =>
    (['natural', 'robust'] as const).flatMap((kind) => {
      const points = report.networks
        .map((network, index) => ({ network, index }))
        .filter(({ network }) => network.method === method && network[kind])
        .map(({ network, index }) => {
          return { x: placeOf(report, network, axis), accuracy: network[kind]!, network: index };
        })
        // Not by place: times are noisy, and a line along budgets turns back where they mislead.
        .sort((a, b) => report.networks[a.network]!.budget - report.networks[b.network]!.budget);
      return points.length === 0 ? [] : seriesOf(method, kind, axis, points);
    }),
  );
  return {
    legend: {
      type: 'scroll',
      top: 0,
      itemGap: 24,
      data: series.flatMap(({ line, isInterval }) => (isInterval ? [] : [line.name])),
    },
    tooltip: { trigger: 'item' },
    grid: { left: 60, right: 24, top: 48, bottom: 48 },
    xAxis: { type: 'value', name: axisNames[axis], nameLocation: 'middle', nameGap: 30, min: 0 },
    yAxis: { type: 'value', name: 'accuracy (%)', max: 100 },
    series: [...series.map(({ line }) => line), chosenSeries(report, axis)],
  };
}

function seriesOf(method: SweepMethod, kind: 'natural' | 'robust', axis: Axis, points: readonly Point[]) {
  const name = kind === 'natural' ? methodNames[method] : `${methodNames[method]}, under attack`;
  const color = colorOf(method);
  const type = kind === 'natural' ? 'solid' : 'dashed';
  const accuracies = {
    name,
    type: 'line',
    color,
    symbol: method === 'dense' ? 'diamond' : 'circle',
    symbolSize: method === 'dense' ? 14 : 8,
    itemStyle: { color },
    lineStyle: { type, width: 2, color },
    dimensions: [axisNames[axis], 'accuracy (%)', 'network'],
    encode: { x: 0, y: 1, tooltip: [0, 1] },
    data: points.map(({ x, accuracy, network }) => [round(x), round(100 * accuracy.value), network]),
  };
  const intervals = {
    name: `${name}, interval`,
    type: 'line',
    color,
    symbol: 'none',
    silent: true,
    lineStyle: { width: 1, color },
    // A break between any two intervals.
    data: points.flatMap(({ x, accuracy: { lower, upper } }) => [
      [x, 100 * lower],
      [x, 100 * upper],
      ['-', '-'],
    ]),
  };
  return [
    { isInterval: false, line: accuracies },
    { isInterval: true, line: intervals },
  ];
}

function chosenSeries(report: SweepReport, axis: Axis) {
  const { networks, chosen, settings } = report;
  const network = networks[chosen]!;
  const [ink] = palette.ink;
  const [faint] = palette.faint;
  return {
    name: 'chosen',
    type: 'scatter',
    silent: true,
    symbol: 'circle',
    symbolSize: 20,
    itemStyle: { color: 'none', borderColor: ink, borderWidth: 2.5, opacity: 1 },
    label: { show: true, position: 'top', formatter: 'chosen', color: ink, fontWeight: 'bold' },
    data: [[round(placeOf(report, network, axis)), round(100 * network.natural.value), chosen]],
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: faint, type: 'dotted', width: 1.5 },
      label: { show: false },
      data: [{ yAxis: 100 * Math.max(0, networks[0]!.natural.value - settings.within) }],
    },
  };
}

/** Where an axis of accuracies, in per cent, begins that shows what lies near the dense network's. */
export function nearbyFrom({ networks, settings }: SweepReport): number {
  return Math.max(0, Math.floor(100 * (networks[0]!.natural.value - 3 * settings.within) - 2));
}

/** Rounds to four digits, for tooltips. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
