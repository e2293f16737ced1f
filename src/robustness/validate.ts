import { GdwsError } from '../base/errors';
import { suggestName, wrongValue } from '../base/options';
import { norms, type Norm } from './norm';
import type { Epsilon } from './settings';

/** Reads and checks the settings of an attack; errors name the setting and its remedy. */
export class SettingsReader<T extends object> {
  private readonly settings: Readonly<Record<string, unknown>>;

  /** @throws {GdwsError} ARGUMENT_INVALID for a setting that the attack does not have */
  constructor(settings: T, known: readonly (keyof T & string)[]) {
    this.settings = settings as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(settings).find((name) => !(known as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw new GdwsError('ARGUMENT_INVALID', `${String(this.settings['attack'])} has no setting '${unknown}'.`, {
        remedy: suggestName(unknown, known, 'Its settings'),
      });
    }
  }

  norm(): Norm {
    return this.choice('norm' as keyof T & string, norms, undefined);
  }

  choice<C extends string>(name: keyof T & string, choices: readonly C[], otherwise: C | undefined): C {
    const value = this.settings[name] ?? otherwise;
    if (!choices.includes(value as C)) fail(name, value, `one of ${choices.join(', ')}`);
    return value as C;
  }

  integer(name: keyof T & string, otherwise: number, least = 1): number {
    const value = this.settings[name] ?? otherwise;
    if (!Number.isSafeInteger(value) || (value as number) < least) fail(name, value, `an integer from ${least} on`);
    return value as number;
  }

  /** A number above `least`, up to and with `most`. */
  number(name: keyof T & string, otherwise: number, least: number, most: number): number {
    const value = this.settings[name] ?? otherwise;
    if (typeof value !== 'number' || !(value > least && value <= most)) {
      fail(name, value, `a number above ${least}${most === Infinity ? '' : ` and up to ${most}`}`);
    }
    return value;
  }

  boolean(name: keyof T & string, otherwise: boolean): boolean {
    const value = this.settings[name] ?? otherwise;
    if (typeof value !== 'boolean') fail(name, value, 'true or false');
    return value;
  }

  eps(norm: Norm, pixels: number): number {
    return epsilon(this.settings['eps'], norm, pixels);
  }

  stepSize(otherwise: number): number {
    const given = this.settings['stepSize'];
    return given === undefined ? otherwise : positive('stepSize', given);
  }

  sparsity(): readonly [number, number] {
    const value = this.settings['sparsity'] ?? [5, 20];
    const pair = Array.isArray(value) ? (value as unknown[]) : [];
    const [least, most] = pair as number[];
    const fits = pair.length === 2 && pair.every(Number.isSafeInteger) && least! >= 1 && most! >= least!;
    if (!fits) fail('sparsity', value, 'two integers, the least and the most pixels of a step');
    return [least!, most!];
  }
}

/**
 * An eps as a number.
 *
 * @param pixels of an image, which bound eps: no perturbation within [0, 1] is longer than 1 in l-inf, their root in l2 and their
 *   number in l1
 * @throws {GdwsError} ARGUMENT_INVALID
 */
export function epsilon(value: unknown, norm: Norm, pixels: number): number {
  const eps = numberOf(value);
  if (!(eps >= 0 && eps < Infinity)) fail('eps', value, "a number from 0 on, or a fraction as '8/255'");
  const most = norm === 'linf' ? 1 : norm === 'l2' ? Math.sqrt(pixels) : pixels;
  if (eps > most) {
    throw new GdwsError('ARGUMENT_INVALID', `eps is ${String(value)} in ${norm}.`, {
      remedy: `Pixels are in [0, 1]: no perturbation of ${pixels} of them is longer than ${formatted(most)}. Perhaps '${String(value)}/255' is meant.`,
    });
  }
  return eps;
}

/** A number above 0, or a fraction of two as text. @throws {GdwsError} ARGUMENT_INVALID */
export function positive(name: string, value: unknown): number {
  const number = numberOf(value);
  if (!(number > 0 && number < Infinity)) fail(name, value, "a number above 0, or a fraction as '8/255'");
  return number;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' ? fraction(value) : NaN;
}

function fraction(text: Epsilon & string): number {
  const match = /^\s*([\d.]+(?:e[+-]?\d+)?)\s*(?:\/\s*([\d.]+(?:e[+-]?\d+)?)\s*)?$/i.exec(text);
  return match ? Number(match[1]) / Number(match[2] ?? 1) : NaN;
}

function formatted(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function fail(name: string, value: unknown, wanted: string): never {
  throw wrongValue(name, value, wanted);
}
