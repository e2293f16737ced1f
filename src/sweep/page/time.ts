import { sweepMethods, type SweepReport } from '../report';
import { palette } from '../../html/palette';
import { colorOf, methodNames, round } from './front';

/** Predicted and measured times of a run, with the line of equal times. */
export function timeOption({ networks }: SweepReport): object {
  const longest = Math.max(...networks.map((one) => Math.max(one.milliseconds, one.predictedMilliseconds)));
  const edge = round(1.1 * longest);
  const methods = sweepMethods.filter((method) => networks.some((one) => one.method === method));
  return {
    legend: { type: 'scroll', top: 0, data: methods.map((method) => methodNames[method]) },
    tooltip: { trigger: 'item' },
    grid: { left: 60, right: 24, top: 48, bottom: 48 },
    xAxis: { type: 'value', name: 'predicted (ms)', nameLocation: 'middle', nameGap: 30, min: 0, max: edge },
    yAxis: { type: 'value', name: 'measured (ms)', min: 0, max: edge },
    series: [
      ...methods.map((method) => ({
        name: methodNames[method],
        type: 'scatter',
        color: colorOf(method),
        itemStyle: { color: colorOf(method), opacity: 1 },
        symbolSize: 10,
        dimensions: ['predicted (ms)', 'measured (ms)', 'budget (%)'],
        encode: { x: 0, y: 1, tooltip: [0, 1, 2] },
        data: networks
          .filter((one) => one.method === method)
          .map((one) => [round(one.predictedMilliseconds), round(one.milliseconds), round(100 * one.budget)]),
      })),
      {
        name: 'as predicted',
        type: 'line',
        symbol: 'none',
        silent: true,
        lineStyle: { type: 'dotted', width: 1, color: palette.faint[0] },
        data: [
          [0, 0],
          [edge, edge],
        ],
      },
    ],
  };
}
