import {
  init,
  type EChartsOption,
  type LineSeriesOption,
  type ScatterSeriesOption,
  type TitleComponentOption,
} from 'echarts';
import type { Limits } from '../limits';
import { intensityOf, type LayerFigures, type LayerRow } from './figures';

/** Pixels. */
const panel = { width: 640, height: 400, left: 70, right: 30, top: 50, bottom: 60 };
const header = 90;

/** Distinct to the colour-blind too (Okabe and Ito 2008). */
const colours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'];
const symbols = ['circle', 'triangle', 'diamond', 'rect', 'pin', 'arrow', 'roundRect'];

/** Points that still leave room for their names. */
const mostNamed = 12;

/**
 * A roofline plot (Williams, Waterman and Patterson 2009) as SVG: GFLOP/s against operations for each byte that must be
 * moved, one panel for each number of threads and batch size, one point for each layer and kernel, below the measured peak
 * and bandwidths.
 */
export function rooflineSvg({ machine, weights, limits, rows }: LayerFigures): string {
  const panels = limits
    .flatMap((limit) => [...new Set(rows.map(({ batch }) => batch))].map((batch) => ({ limit, batch })))
    .map(({ limit, batch }) => ({
      limit,
      batch,
      rows: rows.filter((row) => row.threads === limit.threads && row.batch === batch),
    }))
    .filter((one) => one.rows.length > 0);
  const columns = Math.min(2, panels.length);
  const lines = Math.ceil(panels.length / columns);
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))].sort();
  // The slopes are in view even where all layers lie to the right of them.
  const ridges = limits.flatMap(({ gflops, memories }) => memories.map((one) => gflops / one.gigabytesPerSecond));
  const x = rangeOf([...rows.map(intensityOf), Math.min(...ridges) / 4, Math.max(...ridges)]);
  const y = rangeOf([...rows.map(({ gflops }) => gflops), ...limits.map(({ gflops }) => 1.2 * gflops)]);

  const titles: TitleComponentOption[] = [
    {
      text: 'Layers under the roofline',
      subtext: `${machine.processor}, ${machine.instructionSet}; weights ${weights}; GFLOP/s counted as direct convolution`,
      left: 'center',
    },
  ];
  const series: (LineSeriesOption | ScatterSeriesOption)[] = [];
  for (const [index, { limit, batch, rows: own }] of panels.entries()) {
    const { left, top } = placeOf(index, columns);
    titles.push({
      text: `${limit.threads} thread${limit.threads === 1 ? '' : 's'}, batch ${batch}`,
      left: left + (panel.width - panel.left - panel.right) / 2,
      top: top - 30,
      textAlign: 'center',
      textStyle: { fontSize: 13 },
    });
    series.push(...roofs(limit, x, index));
    for (const [number, kernel] of kernels.entries()) {
      series.push(points(own, kernel, { panel: index, number }));
    }
  }
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: columns * panel.width,
    height: header + lines * panel.height,
  });
  chart.setOption<EChartsOption>({
    animation: false,
    backgroundColor: '#ffffff',
    title: titles,
    legend: { data: kernels, top: 64, itemGap: 30 },
    grid: panels.map((_, index) => ({
      ...placeOf(index, columns),
      width: panel.width - panel.left - panel.right,
      height: panel.height - panel.top - panel.bottom,
    })),
    xAxis: panels.map((_, gridIndex) => ({
      ...logarithmicAxis(gridIndex, x),
      name: 'operations per byte moved at least',
      nameGap: 26,
    })),
    yAxis: panels.map((_, gridIndex) => ({ ...logarithmicAxis(gridIndex, y), name: 'GFLOP/s', nameGap: 42 })),
    series,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function placeOf(index: number, columns: number): { left: number; top: number } {
  return {
    left: panel.left + (index % columns) * panel.width,
    top: header + panel.top + Math.floor(index / columns) * panel.height,
  };
}

function logarithmicAxis(gridIndex: number, [min, max]: readonly [number, number]) {
  return {
    type: 'log',
    gridIndex,
    min,
    max,
    minorTick: { show: true, splitNumber: 9 },
    minorSplitLine: { show: true, lineStyle: { color: '#f4f4f4' } },
    nameLocation: 'middle',
    axisLabel: { formatter: (value: number) => String(Number(value.toPrecision(3))) },
    splitLine: { lineStyle: { color: '#dddddd' } },
  } as const;
}

/** The least range around some numbers that begins and ends with 1, 2 or 5 times a power of ten. */
function rangeOf(numbers: readonly number[]): [number, number] {
  const least = Math.min(...numbers);
  const most = Math.max(...numbers);
  const rounds = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
  return [rounds.findLast((round) => round <= least) ?? least, rounds.find((round) => round >= most) ?? most];
}

/** The peak, and below it what each memory can feed. */
function roofs({ gflops, memories }: Limits, [least, most]: readonly [number, number], gridIndex: number) {
  const place = { type: 'line', xAxisIndex: gridIndex, yAxisIndex: gridIndex, silent: true } as const;
  const named = (value: [number, number], formatter: string, label: object) => ({
    value,
    symbolSize: 0.1,
    label: { show: true, formatter, color: '#555555', fontSize: 10, backgroundColor: '#ffffffcc', ...label },
  });
  const bandwidths = memories.map(({ memory, gigabytesPerSecond: bandwidth }): LineSeriesOption => {
    const ridge = gflops / bandwidth;
    const begin = Math.min(least, ridge);
    // Names stand a third of the way up.
    const middle = begin * (ridge / begin) ** 0.33;
    return {
      ...place,
      lineStyle: { color: '#888888', width: 1.2, type: 'dashed' },
      itemStyle: { color: '#888888' },
      data: [
        { value: [begin, bandwidth * begin], symbol: 'none' },
        named([middle, bandwidth * middle], `${memory} ${bandwidth.toFixed(0)} GB/s`, { position: 'right' }),
        { value: [ridge, gflops], symbol: 'none' },
      ],
    };
  });
  const firstRidge = Math.min(...memories.map(({ gigabytesPerSecond }) => gflops / gigabytesPerSecond));
  const peak: LineSeriesOption = {
    ...place,
    lineStyle: { color: '#444444', width: 1.5 },
    itemStyle: { color: '#444444' },
    data: [
      { value: [firstRidge, gflops], symbol: 'none' },
      named([most, gflops], `${gflops.toFixed(0)} GFLOP/s`, { position: 'top', align: 'right' }),
    ],
  };
  return [...bandwidths, peak];
}

function points(
  rows: readonly LayerRow[],
  kernel: string,
  { panel: gridIndex, number }: { panel: number; number: number },
): ScatterSeriesOption {
  return {
    type: 'scatter',
    name: kernel,
    xAxisIndex: gridIndex,
    yAxisIndex: gridIndex,
    symbol: symbols[number % symbols.length]!,
    symbolSize: 7,
    itemStyle: { color: colours[number % colours.length]!, opacity: 0.75 },
    label: { show: rows.length <= mostNamed, formatter: '{b}', position: 'bottom', fontSize: 9 },
    data: rows
      .filter((row) => row.kernel === kernel)
      .map((row) => ({ name: row.layer, value: [intensityOf(row), row.gflops] })),
  };
}
