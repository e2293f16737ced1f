import type { Proportion } from '../../robustness/statistics/wilson';
import { sweepMethods, type SweepMethod, type SweepReport, type SweptNetwork } from '../report';

/** The measures of cost or speed of a network. */
export const axes = ['macs', 'params', 'imagesPerSecond', 'milliseconds'] as const;
export type Axis = (typeof axes)[number];

export const axisNames: Readonly<Record<Axis, string>> = {
  macs: 'multiply-accumulates kept (%)',
  params: 'weights kept (%)',
  imagesPerSecond: 'images a second',
  milliseconds: 'time of a run (ms)',
};

export const methodNames: Readonly<Record<SweepMethod, string>> = {
  dense: 'dense',
  gdws: 'gdws',
  int8: 'gdws in int8',
  paper: "the paper's algorithm",
};

export const methodColors: Readonly<Record<SweepMethod, string>> = {
  dense: '#888888',
  gdws: '#0b7285',
  int8: '#7048e8',
  paper: '#e8590c',
};

/** The coordinate of a network on an axis; costs in per cent of the dense network's. */
export function placeOf(report: SweepReport, network: SweptNetwork, axis: Axis): number {
  const dense = report.networks[0]!;
  if (axis === 'macs' || axis === 'params') return (100 * network[axis]) / dense[axis];
  return network[axis];
}

/**
 * Accuracy against a cost, as options of ECharts: a line for each method, solid for natural accuracy and dashed for accuracy under
 * attack, each point with its 95 % interval.
 */
export function frontOption(report: SweepReport, axis: Axis): object {
  const series = sweepMethods.flatMap((method) =>
    (['natural', 'robust'] as const).flatMap((kind) => {
      const points = report.networks
        .filter((network) => network.method === method && network[kind])
        .map((network) => ({ x: placeOf(report, network, axis), accuracy: network[kind]! }))
        .sort((a, b) => a.x - b.x);
      return points.length === 0 ? [] : seriesOf(method, kind, axis, points);
    }),
  );
  return {
    legend: { type: 'scroll', top: 0, data: series.flatMap(({ line, isInterval }) => (isInterval ? [] : [line.name])) },
    tooltip: { trigger: 'item' },
    grid: { left: 60, right: 24, top: 48, bottom: 48 },
    xAxis: { type: 'value', name: axisNames[axis], nameLocation: 'middle', nameGap: 30, min: 0 },
    yAxis: { type: 'value', name: 'accuracy (%)', max: 100 },
    series: series.map(({ line }) => line),
  };
}

function seriesOf(
  method: SweepMethod,
  kind: 'natural' | 'robust',
  axis: Axis,
  points: readonly { x: number; accuracy: Proportion }[],
) {
  const name = kind === 'natural' ? methodNames[method] : `${methodNames[method]}, under attack`;
  const color = methodColors[method];
  const type = kind === 'natural' ? 'solid' : 'dashed';
  const accuracies = {
    name,
    type: 'line',
    color,
    symbol: method === 'dense' ? 'diamond' : 'circle',
    symbolSize: method === 'dense' ? 14 : 8,
    lineStyle: { type, width: 2 },
    dimensions: [axisNames[axis], 'accuracy (%)'],
    encode: { x: 0, y: 1, tooltip: [0, 1] },
    data: points.map(({ x, accuracy }) => [round(x), round(100 * accuracy.value)]),
  };
  const intervals = {
    name: `${name}, interval`,
    type: 'line',
    color,
    symbol: 'none',
    silent: true,
    lineStyle: { width: 1, opacity: 0.6 },
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

/** Rounds to four digits, for tooltips. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
