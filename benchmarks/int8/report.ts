import Table from 'cli-table3';
import { labelOf, plain } from '../report';
import type { FormMemory } from './memory';
import type { Int8Options } from './options';
import type { Int8Race } from './race';

/** Times of every engine and form, and how many times as fast some are as others. */
export function raceTables(race: Int8Race, { threads, batch }: Pick<Int8Options, 'threads' | 'batch'>): string {
  const times = new Table({ head: ['engine', 'form', 'median ms', 'quartiles', 'best'], ...plain });
  for (const { engine, form, time } of race.entries) {
    const quartiles = `${time.lowerQuartile.toFixed(2)}–${time.upperQuartile.toFixed(2)}`;
    times.push([engine, form, time.median.toFixed(2), quartiles, time.minimum.toFixed(2)]);
  }
  const speedups = new Table({ head: ['times as fast', 'of medians', 'median of pairs'], ...plain });
  for (const { of, ratio } of race.speedups)
    speedups.push([of, ratio.ofMedians.toFixed(2), ratio.ofPairs.median.toFixed(2)]);
  const title = `${race.network}, ${threads} thread(s), batch ${batch}, ${race.rounds} rounds`;
  return `\n${title}\n${times.toString()}\n${speedups.toString()}`;
}

/** What sessions hold; that of a quantized form also as a part of that of the form in fp32. */
export function memoryTable(memories: readonly FormMemory[]): string {
  const table = new Table({
    head: ['network', 'resident MiB', 'of fp32', 'weights MiB', 'work MiB', 'both of fp32'],
    colAligns: ['left', ...Array<'right'>(5).fill('right')],
    ...plain,
  });
  const counted = ({ weights, arena }: FormMemory): number => weights + arena;
  for (const memory of memories) {
    const { resident, weights, arena, ...form } = memory;
    const float = form.isQuantized
      ? memories.find(
          ({ network, kernels, isQuantized }) => network === form.network && kernels === form.kernels && !isQuantized,
        )
      : undefined;
    table.push([
      labelOf(form),
      resident.toFixed(1),
      float ? (resident / float.resident).toFixed(2) : '',
      weights.toFixed(1),
      arena.toFixed(1),
      float ? (counted(memory) / counted(float)).toFixed(2) : '',
    ]);
  }
  return `\nMemory of a session of gdws from a file, after a run of one image, one thread\n${table.toString()}`;
}
