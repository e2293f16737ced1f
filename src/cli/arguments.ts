import { InvalidArgumentError, Option } from 'commander';

/** `1,2,16` as numbers. */
export function positiveIntegers(text: string): number[] {
  return text.split(',').map(positiveInteger);
}

export function positiveInteger(text: string): number {
  if (!/^\s*\d+\s*$/.test(text) || !Number.isSafeInteger(Number(text)) || Number(text) < 1) {
    throw new InvalidArgumentError(`'${text}' is not a whole number from 1 on.`);
  }
  return Number(text);
}

export function finiteNumber(text: string): number {
  if (text.trim() === '' || !Number.isFinite(Number(text)))
    throw new InvalidArgumentError(`'${text}' is not a number.`);
  return Number(text);
}

/** `input=1x3x224x224` added to the shapes given before it. */
export function shapeOfInput(text: string, earlier: Record<string, number[]> = {}): Record<string, number[]> {
  // A name may itself have a '='; a shape has none.
  const split = text.lastIndexOf('=');
  const name = text.slice(0, split);
  const shape = text.slice(split + 1);
  if (split < 1 || !/^\d+([x×,]\d+)*$/.test(shape)) {
    throw new InvalidArgumentError(`'${text}' is not of the form name=1x3x224x224.`);
  }
  return { ...earlier, [name]: shape.split(/[x×,]/).map(Number) };
}

/** Values of an option that may be given several times. */
export function collected(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}

/** A layer name as typed: `*` stands for anything. */
export function namePattern(text: string, earlier: (string | RegExp)[] = []): (string | RegExp)[] {
  if (!text.includes('*')) return [...earlier, text];
  const parts = text.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return [...earlier, new RegExp(`^${parts.join('.*')}$`)];
}

export const shapeOption = () =>
  new Option(
    '--shape <name=dims>',
    'shape of an input that the model leaves open, as input=1x3x224x224; pictures are scaled to it; may be repeated',
  ).argParser(shapeOfInput);
export const jsonOption = () => new Option('--json', 'print one JSON document');
export const debugOption = () => new Option('--debug', 'on failure, print where in the code');
export const threadsOption = () =>
  new Option('--threads <number>', 'threads to use; by default all processors that this process may use').argParser(
    positiveInteger,
  );
