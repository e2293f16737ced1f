import Table from 'cli-table3';
import { stylesOf } from './styles';

/** Prints lines of data. */
export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** A JSON document for people and programs, without an end of line. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document, null, 2);
}

/** Prints the one JSON document of a command. */
export function printJson(document: unknown): void {
  print(jsonText(document));
}

/** Prints a message that is no data, to stderr. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a warning to stderr. */
export function warn(text: string): void {
  note(`${stylesOf(process.stderr).yellow('warning')}: ${text}`);
}

/** Prints a heading over what follows. */
export function printHeading(text: string): void {
  print();
  print(stylesOf(process.stdout).bold(text));
}

export interface Column {
  readonly title: string;
  /** Whether cells are aligned to the right, as for numbers. */
  readonly right?: boolean;
}

/** Prints rows in columns as wide as they need. */
export function printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const dim = stylesOf(process.stdout).dim;
  const none = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
  const lines = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
  const table = new Table({
    head: columns.map(({ title }) => dim(title)),
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
    chars: { ...Object.fromEntries([...none, ...lines].map((name) => [name, ''])), middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  for (const line of table.toString().split('\n')) print(`  ${line.trimEnd()}`);
}
