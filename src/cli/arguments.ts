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

/** `0.35` or `35%`. The range is checked by its users. */
export function share(text: string): number {
  const isPercent = text.trim().endsWith('%');
  const digits = isPercent ? text.trim().slice(0, -1) : text;
  if (digits.trim() === '' || !Number.isFinite(Number(digits))) {
    throw new InvalidArgumentError(`'${text}' is not a number, as 0.35, or a percentage, as 35%.`);
  }
  return Number(digits) / (isPercent ? 100 : 1);
}

/** A {@link share} from 0 to 1. */
export function shareUpToOne(text: string): number {
  const number = share(text);
  if (number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError(`'${text}' is not a share from 0 to 1, or from 0% to 100%.${percentMeant(number)}`);
}

/** `30%,0.5`, above 0 and up to 1. */
export function positiveShares(text: string): number[] {
  const numbers = text.split(',').map(share);
  const wrong = numbers.find((number) => !(number > 0 && number <= 1));
  if (wrong === undefined) return numbers;
  const summary = `'${text}' are not shares above 0 and up to 1, as 0.3,0.5 or 30%,50%.`;
  throw new InvalidArgumentError(`${summary}${percentMeant(wrong)}`);
}

/** A hint where a share looks like a number of percent. */
function percentMeant(number: number): string {
  return number > 1 && number <= 100 ? ` ${number} percent is ${number}% or ${number / 100}.` : '';
}

/** `input=1x3x224x224` added to the shapes given before it. */
export function shapeOfInput(text: string, earlier: Record<string, number[]> = {}): Record<string, number[]> {
  // A name may contain '='; a shape does not.
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
