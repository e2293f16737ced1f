import fs from 'node:fs';
import path from 'node:path';
import {
  enumerations,
  operations,
  type AttributeSchema,
  type EnumerationName,
  type OperationSchema,
} from '../../src/program/schema';
import { enumerationComments } from '../generate-program/enumeration-comments';

const begin = '<!-- operations: made by npm run docs -->';
const end = '<!-- /operations -->';

/** `docs/architecture.md`: what is between its two marks is made from the schema of operations, the rest stays. */
export function architectureDocument(): string {
  const document = fs.readFileSync(path.join(__dirname, '../../docs/architecture.md'), 'utf8');
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/architecture.md lacks ${begin} and, after it, ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${operationsTable()}\n${namesTable()}\n${document.slice(to)}`;
}

function operationsTable(): string {
  const rows = Object.entries<OperationSchema>(operations).map(([opcode, { inputs, outputs, attributes, what }]) =>
    row([
      `\`${opcode}\``,
      `${valuesOf(inputs)} → ${valuesOf(outputs)}`,
      Object.entries(attributes)
        .map(([name, schema]) => attribute(name, schema))
        .join(', '),
      what,
    ]),
  );
  return table(['opcode', 'inputs → outputs', 'attributes', 'what'], rows);
}

function namesTable(): string {
  const comments = enumerationComments();
  const rows = Object.entries(enumerations).map(([enumeration, names]) => {
    const listed = Object.entries<string>(names).map(([name, what]) => `\`${name}\`${what && ` (${what})`}`);
    return row([enumeration, comments.get(enumeration) ?? '', listed.join(', ')]);
  });
  return `#### Names\n\n${table(['names', 'what', 'from 0 on'], rows)}`;
}

/** Inputs or outputs, each with what it is. */
function valuesOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, what]) => [name, what && !what.includes('(') ? `(${what})` : what].filter(Boolean).join(' '))
    .join(', ');
}

function attribute(name: string, schema: AttributeSchema): string {
  switch (schema.kind) {
    case 'ints':
      return `\`${name}${schema.count === undefined ? '…' : `[${schema.count}]`}\``;
    case 'flag':
    case 'float':
      return `\`${name}\` (${schema.kind})`;
    case 'name':
      return `\`${name}\` (${linkTo(schema.of)})`;
    case 'activation':
      return `\`${name}\` (${linkTo('Activation')}, a, b)`;
    case 'int':
      return `\`${name}\``;
  }
}

function linkTo(enumeration: EnumerationName): string {
  return `[${enumeration}](#names)`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return `${row(heads)}\n${row(heads.map(() => '---'))}\n${rows.join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
}
