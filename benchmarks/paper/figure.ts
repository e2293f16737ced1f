import { init, type EChartsOption, type LineSeriesOption } from 'echarts';
import { engineNames, type EngineName } from '../engines';
import type { NetworkResult } from './experiment';
import type { NetworkFile } from './networks';

type Timed = NetworkResult & Required<Pick<NetworkResult, 'speed'>>;

/** Distinct to the colour-blind too (Okabe and Ito 2008). */
const styles: Readonly<Record<NetworkFile['form'], { name: string; color: string; symbol: string }>> = {
  dense: { name: 'dense', color: '#000000', symbol: 'diamond' },
  weighted: { name: "the paper's GDWS", color: '#D55E00', symbol: 'triangle' },
  unweighted: { name: "the paper's GDWS, α = 1", color: '#E69F00', symbol: 'triangle' },
  calibrated: { name: 'calibrated GDWS', color: '#0072B2', symbol: 'circle' },
  int8: { name: 'int8 GDWS', color: '#009E73', symbol: 'rect' },
  pruned: { name: 'pruned, not retrained', color: '#CC79A7', symbol: 'pin' },
};

/**
 * Robust accuracy against frames per second, the paper's Figure 1, as SVG: a line for each form of the network in each engine,
 * solid for gdws and dashed for onnxruntime, each point with its 95 % interval. Networks without times are left out.
 */
export function figureSvg(title: string, subtitle: string, networks: readonly NetworkResult[]): string {
  const timed = networks.filter((network): network is Timed => network.speed !== undefined);
  const forms = [...new Set(timed.map(({ form }) => form))];
  const series = engineNames.flatMap((engine) =>
    forms.flatMap((form) => {
      const points = timed
        .filter((network) => network.form === form)
        .map((network) => ({ fps: network.speed[engine].fps, accuracy: network.robust }))
        .sort((a, b) => a.fps - b.fps);
      return seriesOf(engine, form, points);
    }),
  );
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 600 });
  chart.setOption<EChartsOption>({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, subtext: subtitle, left: 'center' },
    // The width of text is only estimated where there is no screen.
    legend: {
      top: 62,
      width: 780,
      itemGap: 40,
      data: series.flatMap(({ isInterval, line }) => (isInterval ? [] : [String(line.name)])),
    },
    grid: { left: 70, right: 30, top: 165, bottom: 60 },
    xAxis: {
      type: 'value',
      name: 'frames per second, batch 1, one thread',
      nameLocation: 'middle',
      nameGap: 30,
      min: 0,
    },
    yAxis: { type: 'value', name: 'robust accuracy (%)', nameLocation: 'middle', nameGap: 40, min: 0 },
    series: series.map(({ line }) => line),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function seriesOf(
  engine: EngineName,
  form: NetworkFile['form'],
  points: readonly { fps: number; accuracy: NetworkResult['robust'] }[],
): { isInterval: boolean; line: LineSeriesOption }[] {
  const { name, color, symbol } = styles[form];
  const isOwn = engine === 'gdws';
  const line: LineSeriesOption = {
    type: 'line',
    name: isOwn ? name : `${name}, onnxruntime`,
    color,
    symbol: isOwn ? symbol : `empty${symbol.charAt(0).toUpperCase()}${symbol.slice(1)}`,
    symbolSize: form === 'dense' ? 14 : 9,
    lineStyle: { type: isOwn ? 'solid' : 'dashed', width: isOwn ? 2 : 1.2 },
    data: points.map(({ fps, accuracy }) => [fps, 100 * accuracy.value]),
  };
  const interval: LineSeriesOption = {
    type: 'line',
    name: `${String(line.name)}, interval`,
    color,
    symbol: 'none',
    silent: true,
    lineStyle: { width: 1, opacity: 0.5 },
    // A break between any two intervals.
    data: points.flatMap(({ fps, accuracy }) => [
      [fps, 100 * accuracy.lower],
      [fps, 100 * accuracy.upper],
      ['-', '-'],
    ]),
  };
  return [
    { isInterval: false, line },
    { isInterval: true, line: interval },
  ];
}
