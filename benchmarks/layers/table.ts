import Table from 'cli-table3';
import type { Limits } from '../limits';
import { plain } from '../report';
import { intensityOf, type LayerRow } from './figures';

/** The peak and the bandwidths of one number of threads. */
export function limitsLine({ threads, gflops, byteGops, memories }: Limits): string {
  const bandwidths = memories.map(
    ({ memory, gigabytesPerSecond }) => `${memory} ${gigabytesPerSecond.toFixed(0)} GB/s`,
  );
  return `${threads} thread${threads === 1 ? '' : 's'}: ${gflops.toFixed(0)} GFLOP/s (fp32), ${byteGops.toFixed(0)} Gop/s (int8), reading ${bandwidths.join(', ')}`;
}

export function layerTable(rows: readonly LayerRow[]): string {
  const table = new Table({
    head: [
      'layer',
      'times',
      'kernel',
      'batch',
      'threads',
      'median µs',
      'best',
      'GFLOP/s',
      'of peak',
      'MB',
      'FLOP/byte',
    ],
    colAligns: ['left', 'right', 'left', ...Array<'right'>(8).fill('right')],
    ...plain,
  });
  for (const row of rows) {
    table.push([
      row.layer,
      Object.values(row.networks).reduce((sum, count) => sum + count, 0),
      row.kernel,
      row.batch,
      row.threads,
      row.microseconds.median.toFixed(1),
      row.microseconds.minimum.toFixed(1),
      row.gflops.toFixed(0),
      `${(100 * row.shareOfPeak).toFixed(0)} %`,
      (row.bytes / 1e6).toFixed(2),
      intensityOf(row).toFixed(1),
    ]);
  }
  return table.toString();
}
