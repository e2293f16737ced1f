import type { Curves } from './curves';

/** Whether an entry of a cache file has valid curves. */
export function isCurves(entry: unknown): entry is Curves {
  const { dense, layers, inFloats } = (entry ?? {}) as Partial<Record<keyof Curves, unknown>>;
  return (
    isTime(dense) && Array.isArray(layers) && layers.every(isLayer) && (inFloats === undefined || areFormats(inFloats))
  );
}

function areFormats(formats: unknown): boolean {
  const { dense, products } = (formats ?? {}) as Record<string, unknown>;
  return (
    isTime(dense) && typeof products === 'object' && products !== null && Object.values(products).every(isFloatTime)
  );
}

function isFloatTime(time: unknown): boolean {
  const { longer, conversion } = (time ?? {}) as Record<string, unknown>;
  return Number.isFinite(longer) && isTime(conversion);
}

function isLayer(layer: unknown): boolean {
  const { dense, kernels, gdws } = (layer ?? {}) as Record<string, unknown>;
  return isTime(dense) && areRising(kernels, true) && areRising(gdws, false) && kernels.length === gdws.length;
}

function areRising(numbers: unknown, strictly: boolean): numbers is number[] {
  return (
    Array.isArray(numbers) &&
    numbers.length > 0 &&
    numbers.every(
      (number, i) => isTime(number) && (i === 0 || (strictly ? number > numbers[i - 1] : number >= numbers[i - 1])),
    )
  );
}

function isTime(number: unknown): number is number {
  return typeof number === 'number' && number >= 0 && number < Infinity;
}
