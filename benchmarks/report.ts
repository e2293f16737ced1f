import Table from 'cli-table3';
import type { Comparison } from '../src/measure';
import type { CompressionTime } from './compression';
import type { Footprint, FootprintCase } from './footprint';
import type { Machine } from './machine';
import type { Overhead } from './overhead';
import type { RaceResult } from './race';
import type { Scaling } from './scaling';

export function machineLines(machine: Machine): string {
  const { processor, cores, memoryGiB, instructionSet, system, node, gdws, onnxruntime, load } = machine;
  return [
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, load ${load.toFixed(1)}`,
    `gdws ${gdws} (${instructionSet}), onnxruntime-node ${onnxruntime}, Node ${node}`,
  ].join('\n');
}

export function peakLine(threads: number, gflops: number): string {
  return `peak of the machine, ${threads} thread${threads === 1 ? '' : 's'}: ${gflops.toFixed(0)} GFLOP/s (fp32)`;
}

/** One table a race: times of every engine and form, then the ratios. */
export function raceTable(result: RaceResult, peak: number | undefined): string {
  const { network, kernels, threads, batch, spinning, rounds, difference } = result;
  const times = new Table({
    head: ['engine', 'network', 'median ms', 'quartiles', 'best', 'images/s', 'GFLOP/s', ...(peak ? ['of peak'] : [])],
    colAligns: ['left', 'left', ...Array<'right'>(6).fill('right')],
    ...plain,
  });
  for (const { engine, form, time, gflops } of result.entries) {
    times.push([
      engine,
      form === 'dense' ? 'dense' : `GDWS g = ${kernels}`,
      time.median.toFixed(2),
      `${time.lowerQuartile.toFixed(2)}–${time.upperQuartile.toFixed(2)}`,
      time.minimum.toFixed(2),
      ((1000 * batch) / time.median).toFixed(0),
      gflops.toFixed(0),
      ...(peak ? [`${((100 * gflops) / peak).toFixed(0)} %`] : []),
    ]);
  }
  const ratios = new Table({
    head: ['time by time (below 1: the first is faster)', 'of medians', 'median of pairs', 'quartiles of pairs'],
    colAligns: ['left', 'right', 'right', 'right'],
    ...plain,
  });
  for (const [name, { ofMedians, ofPairs }] of Object.entries(result.ratios)) {
    ratios.push([
      name,
      ofMedians.toFixed(2),
      ofPairs.median.toFixed(2),
      `${ofPairs.lowerQuartile.toFixed(2)}–${ofPairs.upperQuartile.toFixed(2)}`,
    ]);
  }
  const title =
    `${network}, ${threads} thread${threads === 1 ? '' : 's'}, batch ${batch}` +
    `${spinning ? '' : ', onnxruntime without spinning'}` +
    ` (${rounds} rounds; outputs differ by ${difference.toExponential(1)})`;
  return `\n${title}\n${times.toString()}\n${ratios.toString()}`;
}

/** Times of contestants, and that of `first` as a multiple of every other's. */
export function comparisonTable(comparison: Comparison, first: string): string {
  const table = new Table({
    head: ['', 'median ms', 'quartiles', 'best', `${first} : this`],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    ...plain,
  });
  for (const { name, time } of comparison.measurements) {
    const multiple = name === first ? '' : comparison.ratio(first, name).ofPairs.median.toFixed(2);
    const quartiles = `${time.lowerQuartile.toFixed(0)}–${time.upperQuartile.toFixed(0)}`;
    table.push([name, time.median.toFixed(0), quartiles, time.minimum.toFixed(0), multiple]);
  }
  return table.toString();
}

/** `resnet18-cifar GDWS g = 2`, and `int8` after it where it is quantized. */
export function labelOf(form: { network: string; kernels: number | undefined; isQuantized?: boolean }): string {
  const { network, kernels, isQuantized } = form;
  return `${network} ${kernels === undefined ? 'dense' : `GDWS g = ${kernels}`}${isQuantized ? ' int8' : ''}`;
}

export function scalingTable(scalings: readonly Scaling[]): string {
  const table = new Table({
    head: ['network', 'batch', '1 thread ms', '2 threads ms', 'speed-up', 'median of pairs', 'quartiles'],
    colAligns: ['left', ...Array<'right'>(6).fill('right')],
    ...plain,
  });
  for (const { batch, times, speedup, ...form } of scalings) {
    const { ofMedians, ofPairs } = speedup;
    table.push([
      labelOf(form),
      batch,
      times[0].median.toFixed(2),
      times[1].median.toFixed(2),
      ofMedians.toFixed(2),
      ofPairs.median.toFixed(2),
      `${ofPairs.lowerQuartile.toFixed(2)}–${ofPairs.upperQuartile.toFixed(2)}`,
    ]);
  }
  return `\nTwo threads against one, gdws\n${table.toString()}`;
}

export function overheadTable(overheads: readonly Overhead[]): string {
  const table = new Table({
    head: [
      'network',
      'threads',
      'run µs',
      'outside operations µs',
      'quartiles',
      'best',
      'of runSync',
      'quartiles',
      'best',
    ],
    colAligns: ['left', ...Array<'right'>(8).fill('right')],
    ...plain,
  });
  for (const { threads, run, outside, outsideSync, ...form } of overheads) {
    const figures = [outside, outsideSync].flatMap(({ median, lowerQuartile, upperQuartile, minimum }) => [
      median.toFixed(0),
      `${lowerQuartile.toFixed(0)}–${upperQuartile.toFixed(0)}`,
      minimum.toFixed(0),
    ]);
    table.push([labelOf(form), threads, run.median.toFixed(0), ...figures]);
  }
  return `\nTime of a run outside its operations (JavaScript, copies, hops between threads), gdws, batch 1\n${table.toString()}`;
}

/** `weightMemory` in MiB. Beyond the weights, each engine's peak is also shown as a multiple of onnxruntime's. */
export function footprintTable(
  cases: readonly (FootprintCase & { label: string; weightMemory: number })[],
  footprints: readonly Footprint[],
): string {
  const table = new Table({
    head: ['engine', 'network', 'session ms', 'first run ms', 'session MiB', 'peak MiB', 'beyond weights MiB', 'ratio'],
    colAligns: ['left', 'left', ...Array<'right'>(6).fill('right')],
    ...plain,
  });
  const beyondWeights = (index: number): number =>
    footprints[index]!.peakMemory - footprints[index]!.libraryMemory - cases[index]!.weightMemory;
  for (const [index, { engine, label }] of cases.entries()) {
    const { creation, firstRun, creationMemory, peakMemory, libraryMemory } = footprints[index]!;
    const peer = cases.findIndex((one) => one.engine === 'onnxruntime' && one.label === label);
    table.push([
      engine,
      label,
      creation.toFixed(0),
      firstRun.toFixed(1),
      (creationMemory - libraryMemory).toFixed(0),
      (peakMemory - libraryMemory).toFixed(0),
      beyondWeights(index).toFixed(0),
      index === peer || peer < 0 ? '' : (beyondWeights(index) / beyondWeights(peer)).toFixed(2),
    ]);
  }
  return `\nSession and memory, batch 1, 1 thread (resident memory beyond Node and the libraries)\n${table.toString()}`;
}

export function compressionLine({ macs, time }: CompressionTime): string {
  return `\ncompress, CIFAR ResNet-18 to ${100 * macs} % of its MACs: ${(time.median / 1000).toFixed(2)} s (median of ${time.count})`;
}

/** Without colours, because the tables go into files, and without lines between rows. */
export const plain = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};
