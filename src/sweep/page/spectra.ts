import type { LayerSpectrum } from '../report';
import { round } from './front';

/** Smaller values are not drawn. */
const floor = 1e-6;

/** Loss of each layer by its number of kernels: the decay of its singular values. */
export function spectraOption(spectra: readonly LayerSpectrum[]): object {
  return {
    legend: { type: 'scroll', top: 0, data: spectra.map(({ name }) => name) },
    tooltip: { trigger: 'item' },
    grid: { left: 70, right: 24, top: 48, bottom: 48 },
    xAxis: { type: 'value', name: 'kernels, of all (%)', nameLocation: 'middle', nameGap: 30, min: 0, max: 100 },
    yAxis: { type: 'log', name: 'not kept', min: floor, max: 1 },
    series: spectra.map(({ name, kernels, lost }) => ({
      name,
      type: 'line',
      symbol: 'circle',
      symbolSize: 3,
      lineStyle: { width: 1.5 },
      dimensions: ['kernels (%)', 'not kept'],
      encode: { x: 0, y: 1, tooltip: [0, 1] },
      data: kernels
        .map((count, index) => [round((100 * count) / kernels.at(-1)!), lost[index]!])
        .filter(([, share]) => share! >= floor),
    })),
  };
}
