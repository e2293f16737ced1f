import { axes, frontOption } from '../../src/sweep/page/front';
import { kernelsOption } from '../../src/sweep/page/kernels';
import { spectraOption } from '../../src/sweep/page/spectra';
import { columns, layerRows } from '../../src/sweep/page/table';
import { timeOption } from '../../src/sweep/page/time';
import { report } from './report';

interface Option {
  readonly legend: { readonly data: string[] };
  readonly xAxis: { readonly data: string[] };
  readonly series: readonly { readonly name: string; readonly data: readonly (readonly (number | string)[])[] }[];
}
const of = (option: object) => option as Option;

test('accuracy has a line a method and kind, ordered by budget, and an interval at each point', () => {
  const { series, legend } = of(frontOption(report, 'macs'));
  expect(legend.data).toEqual([
    'dense',
    'dense, under attack',
    'gdws',
    'gdws, under attack',
    "the paper's algorithm",
    "the paper's algorithm, under attack",
  ]);
  const line = (name: string) => series.find((one) => one.name === name)!.data;
  expect(line('gdws')).toEqual([
    [25, 60, 2],
    [50, 80, 1],
  ]);
  expect(line('gdws, interval').map((pair) => pair.map((x) => (typeof x === 'number' ? Math.round(x) : x)))).toEqual([
    [25, 50],
    [25, 70],
    ['-', '-'],
    [50, 70],
    [50, 90],
    ['-', '-'],
  ]);
  expect(line("the paper's algorithm")).toEqual([[49.5, 40, 3]]);
  expect(line('chosen')).toEqual([[50, 80, 1]]);
  for (const axis of axes) expect(of(frontOption(report, axis)).series).toHaveLength(13);
  const plain = { ...report, networks: report.networks.map((one) => ({ ...one, robust: undefined })) };
  expect(of(frontOption(plain, 'milliseconds')).series.map(({ data }) => data[0]![0])).toEqual([10, 10, 3, 3, 7, 7, 6]);
});

test('kernels are shares of channels by layer and g_c; dense layers have none', () => {
  const { series, xAxis } = of(kernelsOption(report.networks[1]!));
  expect(xAxis.data).toEqual(['conv']);
  expect(series[0]!.data).toEqual([
    [0, 0, 25],
    [0, 1, 50],
    [0, 3, 25],
  ]);
  expect(of(kernelsOption(report.networks[0]!)).series[0]!.data).toEqual([]);
});

test('spectra end where nothing is seen any more', () => {
  expect(of(spectraOption(report.spectra)).series[0]!.data).toEqual([
    [0, 1],
    [50, 0.01],
  ]);
});

test('times are where they were predicted and measured', () => {
  const { series } = of(timeOption(report));
  expect(series.map(({ name }) => name)).toEqual(['dense', 'gdws', "the paper's algorithm", 'as predicted']);
  expect(series[1]!.data).toEqual([
    [5, 6, 50],
    [10, 3, 25],
  ]);
});

test('the table has a row a convolution', () => {
  const rows = layerRows(report.networks[1]!);
  expect(rows).toEqual([
    ['conv', '8×4×3×3', 'GDWS', 5, 1.25, 50, 50, null, 10],
    ['</script>', '8×4×3×3', 'dense: first convolution', null, null, 50, 50, null, null],
  ]);
  expect(rows[0]).toHaveLength(columns.length);
});
