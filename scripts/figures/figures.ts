import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Int8Race } from '../../benchmarks/int8/race';
import type { Machine } from '../../benchmarks/machine';

/** What docs/figures.json holds: the figures of README, and what they were measured on and of. */
export interface Figures {
  /** The day, as 2026-11-30. */
  readonly date: string;
  readonly machine: Machine;
  /** A digest of what was measured. */
  readonly measured: string;
  /** The table of `npm run demo`, line by line. */
  readonly demo: readonly string[];
  /** `npm run bench:int8`, one thread, batch 1. */
  readonly races: readonly Pick<Int8Race, 'network' | 'entries'>[];
}

const root = path.resolve(__dirname, '../..');

/**
 * Whose change makes the figures those of something else: what is run, and on what. Of the examples it is the demo and its files; those in
 * folders of their own are not measured.
 */
const measuredPlaces = [
  { place: 'examples', recursive: false },
  ...['benchmarks/int8', 'benchmarks/networks', 'benchmarks/quantized'].map((place) => ({ place, recursive: true })),
];

/** A digest of these files and of the package's version. */
export function digestOfMeasured(): string {
  const hash = createHash('sha256');
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  hash.update(version);
  for (const { place, recursive } of measuredPlaces) {
    const names = fs.readdirSync(path.join(root, place), { recursive, encoding: 'utf8' }).sort();
    for (const name of names.filter((file) => !file.endsWith('.md'))) {
      const file = path.join(root, place, name);
      if (fs.statSync(file).isFile()) hash.update(`${place}/${name}`).update(fs.readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/** The blocks of README that are made of figures, by name. */
export function blocksOf({ date, machine, demo, races }: Figures): Readonly<Record<string, string>> {
  const { processor, instructionSet, onnxruntime } = machine;
  const where = `${processor} (${instructionSet}), ${date}, by \`npm run docs:figures\``;
  const head = ['ms a run', 'gdws', 'onnxruntime', "times as fast as onnxruntime's dense fp32"];
  const rows = races.flatMap(({ network, entries }) => {
    const timeOf = (engine: string, form: string) =>
      entries.find((entry) => entry.engine === engine && entry.form === form)!.time.median;
    const base = timeOf('onnxruntime', 'dense fp32');
    return ['dense fp32', 'GDWS fp32', 'dense int8', 'GDWS int8'].map((form) => {
      const [ours, theirs] = [timeOf('gdws', form), timeOf('onnxruntime', form)];
      return [`${network}, ${form}`, ours.toFixed(2), theirs.toFixed(2), (base / ours).toFixed(1)];
    });
  });
  return {
    demo: `One core, ${where}:\n\n${demo.join('\n')}`,
    engines: `One thread, batch 1, onnxruntime-node ${onnxruntime}, ${where}:\n\n${table(head, rows)}`,
  };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[], pad = ' ') =>
    `|${cells.map((cell, column) => `${pad}${cell.padEnd(widths[column]!, pad)}${pad}`).join('|')}|`;
  const rule = head.map((_, column) => '-'.repeat(widths[column]!));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map((row) => line(row))].join('\n');
}

/** The text with these blocks between their comments. @throws Error for a block that has no place */
export function withBlocks(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((changed, [name, block]) => {
    const [begin, end] = [`<!-- figures: ${name} -->`, '<!-- /figures -->'];
    const from = changed.indexOf(begin);
    const to = changed.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`there is no place for the figures '${name}'`);
    return `${changed.slice(0, from + begin.length)}\n\n${block}\n\n${changed.slice(to)}`;
  }, text);
}

export const figuresFile = path.join(root, 'docs/figures.json');
export const readme = path.join(root, 'README.md');

export function readFigures(): Figures {
  return JSON.parse(fs.readFileSync(figuresFile, 'utf8')) as Figures;
}
