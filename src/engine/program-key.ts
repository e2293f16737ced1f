import type { KnownValue } from '../onnx/value';

/**
 * The key of the program for feeds: of each input, in this order, the element type, the dims, and the elements where the program
 * is valid for these only.
 */
export function programKey(inputNames: readonly string[], known: ReadonlyMap<string, KnownValue>): string {
  return inputNames
    .map((name) => {
      const { type, dims, constant } = known.get(name)!;
      const elements = constant && Array.from<unknown>(constant.data).map(elementKey).join();
      return `${type}[${dims.join()}]${elements === undefined ? '' : `=${elements}`}`;
    })
    .join(';');
}

/** Negative zero differs from zero: 1 / x differs. */
function elementKey(element: unknown): string {
  return Object.is(element, -0) ? '-0' : String(element);
}
