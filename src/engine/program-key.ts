import type { KnownValue } from '../onnx/value';

/**
 * A text that is the same for feeds which one program can be run with: of each input, in this order, the element type, the
 * dims, and the elements where the program is for them alone.
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

/** A negative zero is another element than zero: 1 / x tells them apart. */
function elementKey(element: unknown): string {
  return Object.is(element, -0) ? '-0' : String(element);
}
