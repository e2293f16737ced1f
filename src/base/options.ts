import { types } from 'node:util';
import { GdwsError } from './errors';
import { isMisspelt, nearest } from './nearest';

/** The values that an option takes. */
export interface OptionKind {
  /** What to give, for example 'an integer from 1 on'. */
  readonly expected: string;
  /** `typeof` of such values. */
  readonly type: string;
  readonly accepts: (value: unknown) => boolean;
  /** The table of values that are options themselves. */
  readonly table?: Readonly<Record<string, OptionKind>>;
  /** Whether it must be given. */
  readonly isRequired?: boolean;
}

/** Every option that a function takes, and its values. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionKind };

/**
 * Checks that options are known, and their values of the kind that each takes.
 *
 * @param place of options within others, for example 'limits'
 * @throws {GdwsError} ARGUMENT_INVALID, naming the option, what was given and what is expected
 */
export function checkOptions<Options extends object>(
  options: Options,
  table: OptionTable<Options>,
  place?: string,
): void {
  const known: Readonly<Record<string, OptionKind>> = table;
  checkValues(options, known, place);
  const unknown = unknownOptions(options, known)[0];
  if (unknown !== undefined) throw unknownOption(unknown, Object.keys(known), place);
}

/**
 * As {@link checkOptions}, for options that other engines have too, and which may have more names there. An unknown name that
 * is no misspelling of a known one causes a warning of the process, once for each name.
 *
 * @param alsoKnown names of other things that may stand among them
 */
export function checkSharedOptions<Options extends object>(
  options: Options,
  table: OptionTable<Options>,
  alsoKnown: readonly string[] = [],
): void {
  const known: Readonly<Record<string, OptionKind>> = table;
  checkValues(options, known);
  const names = [...Object.keys(known), ...alsoKnown];
  for (const unknown of unknownOptions(options, known)) {
    if (names.some((name) => isMisspelt(unknown, name))) throw unknownOption(unknown, names);
    if (warned.has(unknown)) continue;
    warned.add(unknown);
    process.emitWarning(`${unknownOption(unknown, names).message} It has no effect.`, { code: 'GDWS_UNKNOWN_OPTION' });
  }
}

const warned = new Set<string>();

/** The options that a table has. */
export function pickOptions<Options extends object>(table: OptionTable<Options>, options: Options): Options {
  return Object.fromEntries(
    Object.keys(table).flatMap((name) => {
      const value = options[name as keyof Options];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Options;
}

/** The error for a value that an option or setting does not take. `type` is the `typeof` of values that it takes. */
export function wrongValue(name: string, value: unknown, expected: string, type = 'number'): GdwsError {
  return new GdwsError('ARGUMENT_INVALID', `${name} is ${shown(value, type)}.`, { remedy: `Give ${expected}.` });
}

/** The remedy for an unknown name: the nearest known one, or all of them. */
export function suggestName(name: string, known: readonly string[], what: string): string {
  const [likely] = nearest(name, known);
  return likely === undefined ? `${what} are: ${known.join(', ')}.` : `Did you mean ${likely}?`;
}

function checkValues(options: object, table: Readonly<Record<string, OptionKind>>, place?: string): void {
  if (!isObject(options)) throw wrongValue(place ?? 'the argument for options', options, 'an object', 'object');
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, kind] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined && !kind.isRequired) continue;
    const path = place === undefined ? name : `${place}.${name}`;
    if (!kind.accepts(value)) throw wrongValue(path, value, kind.expected, kind.type);
    if (kind.table) checkOptions(value as object, kind.table, path);
  }
}

function unknownOptions(options: object, table: Readonly<Record<string, OptionKind>>): string[] {
  return Object.keys(options).filter((name) => !Object.hasOwn(table, name));
}

function unknownOption(name: string, known: readonly string[], place?: string): GdwsError {
  const path = place === undefined ? name : `${place}.${name}`;
  return new GdwsError('ARGUMENT_INVALID', `there is no option '${path}'.`, {
    remedy: suggestName(name, known, 'Options'),
  });
}

/** A value as text, with its type where that is the wrong one. */
function shown(value: unknown, type: string): string {
  if (value === null) return 'null';
  const isOfType = typeof value === type && !Array.isArray(value);
  switch (typeof value) {
    case 'string':
      return `${JSON.stringify(shortened(value)).replace(/^"|"$/g, "'")}${isOfType ? '' : ' (a string)'}`;
    case 'object':
      if (Array.isArray(value)) return `${shortened(JSON.stringify(value) ?? '')} (an array)`;
      return `an object of class ${value.constructor?.name ?? 'none'}`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${String(value)}${isOfType ? '' : ` (a ${typeof value})`}`;
    default:
      return 'missing';
  }
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Range {
  /** The least number, itself allowed. */
  readonly from?: number;
  /** Numbers must be larger. */
  readonly above?: number;
  /** The largest number, itself allowed. */
  readonly to?: number;
  /** Numbers must be smaller. */
  readonly below?: number;
}

/** Numbers, of a range where one is given. */
export function number(range: Range = {}, what = 'a number'): OptionKind {
  const { from, above, to, below } = range;
  const least = from !== undefined ? ` from ${from}` : above !== undefined ? ` above ${above}` : '';
  const most = to !== undefined ? ` to ${to}` : below !== undefined && below < Infinity ? ` to below ${below}` : '';
  const isOpen = least === '' && most === '';
  return {
    expected: `${what}${least}${most === '' && from !== undefined ? ' on' : most}`,
    type: 'number',
    accepts: (value) =>
      typeof value === 'number' &&
      (isOpen ||
        ((from === undefined || value >= from) &&
          (above === undefined || value > above) &&
          (to === undefined || value <= to) &&
          (below === undefined || value < below))),
  };
}

/** Safe integers. */
export function integer(from = 0, to?: number): OptionKind {
  const kind = number({ from, to }, 'an integer');
  return { ...kind, accepts: (value) => Number.isSafeInteger(value) && kind.accepts(value) };
}

/** One of a few names. */
export function oneOf(names: readonly string[]): OptionKind {
  return {
    expected: `one of: ${names.join(', ')}`,
    type: 'string',
    accepts: (value) => names.includes(value as string),
  };
}

/** Arrays of values of a kind. */
export function listOf(kind: OptionKind, expected: string, length?: number): OptionKind {
  return {
    expected,
    type: 'object',
    accepts: (value) =>
      Array.isArray(value) && (length === undefined || value.length === length) && value.every(kind.accepts),
  };
}

/** Objects with a value of a kind for each name. */
export function recordOf(kind: OptionKind, expected: string): OptionKind {
  return { expected, type: 'object', accepts: (value) => isObject(value) && Object.values(value).every(kind.accepts) };
}

/** Objects of a class. */
export function instanceOf(type: abstract new (...args: never[]) => object, expected: string): OptionKind {
  return { expected, type: 'object', accepts: (value) => value instanceof type };
}

/** Options within options. */
export function group<Options>(table: OptionTable<Options>): OptionKind {
  const names = Object.keys(table).join(', ');
  return { expected: `an object with any of ${names}`, type: 'object', accepts: isObject, table };
}

/** An option that must be given. */
export function required(kind: OptionKind): OptionKind {
  return { ...kind, isRequired: true };
}

export const boolean: OptionKind = {
  expected: 'true or false',
  type: 'boolean',
  accepts: (value) => typeof value === 'boolean',
};

export const text: OptionKind = { expected: 'a string', type: 'string', accepts: (value) => typeof value === 'string' };

export const callback: OptionKind = {
  expected: 'a function',
  type: 'function',
  accepts: (value) => typeof value === 'function',
};

export const signal: OptionKind = {
  expected: 'an AbortSignal',
  type: 'object',
  // Not by its class: a signal may come from another realm.
  accepts: (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value,
};

/** Objects, whose content is checked elsewhere. */
export const object: OptionKind = { expected: 'an object', type: 'object', accepts: isObject };

/** Options that have no effect here; any value is accepted. */
export const ignored: OptionKind = { expected: 'anything', type: 'object', accepts: () => true };

/** Names of layers, in which `*` stands for anything, and expressions that match them. */
export const patterns: OptionKind = listOf(
  { expected: '', type: '', accepts: (value) => typeof value === 'string' || types.isRegExp(value) },
  'an array of names, or of regular expressions',
);

/** Shapes by the names of inputs. */
export const shapes: OptionKind = recordOf(
  listOf(integer(0), ''),
  "an object with the integers of a shape for each input's name, as { input: [1, 3, 224, 224] }",
);
