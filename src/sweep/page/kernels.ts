import type { SweptNetwork } from '../report';
import { round } from './front';

/** Histograms of g_c: a heat map of layers and g_c, with the shares of the channels where there are any. */
export function kernelsOption({ layers }: SweptNetwork): object {
  const replaced = layers.filter(({ g }) => g !== undefined);
  const most = Math.max(1, ...replaced.flatMap(({ g }) => [...g!]));
  const data = replaced.flatMap(({ g }, column) => {
    const channels = new Array<number>(most + 1).fill(0);
    for (const count of g!) channels[count]! += 1;
    return channels.flatMap((count, row) => (count > 0 ? [[column, row, round((100 * count) / g!.length)]] : []));
  });
  return {
    tooltip: { position: 'top' },
    grid: { left: 60, right: 24, top: 24, bottom: 140 },
    xAxis: {
      type: 'category',
      data: replaced.map(({ name }) => name),
      axisLabel: { rotate: 60, width: 120, overflow: 'truncate' },
    },
    yAxis: {
      type: 'category',
      name: 'kernels of a channel',
      data: Array.from({ length: most + 1 }, (_, count) => String(count)),
    },
    visualMap: {
      ...{ min: 0, max: 100, calculable: true, orient: 'horizontal', left: 'center', bottom: 0 },
      text: ['all channels', 'none'],
      inRange: { color: ['#c5f6fa', '#66d9e8', '#1098ad', '#0b4a56'] },
    },
    series: [
      {
        name: 'channels (%)',
        type: 'heatmap',
        dimensions: ['layer', 'kernels of a channel', 'channels (%)'],
        encode: { x: 0, y: 1, value: 2, tooltip: [0, 1, 2] },
        data,
      },
    ],
  };
}
