import type { Tensor } from 'onnxruntime-common';

interface AcceptedFeed {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** Name of the class of its elements. */
  readonly array: string;
}

/**
 * Types and shapes of feeds that were checked. Of feeds like these, nothing else can be wrong: neither the check nor the search for
 * their program, which take longer than all else that JavaScript does in a run, need be repeated.
 */
export class AcceptedFeeds {
  private readonly inputs: readonly AcceptedFeed[];

  /** @param feeds that `checkFeeds` accepted */
  constructor(names: readonly string[], feeds: Readonly<Record<string, unknown>>) {
    this.inputs = names.map((name) => {
      const { type, dims, data } = feeds[name] as Tensor;
      return { name, type, dims: [...dims], array: arrayOf(data)! };
    });
  }

  /** Whether feeds have the same types, shapes and classes of elements, and as many elements as their shapes say. */
  areLike(feeds: Readonly<Record<string, unknown>>): boolean {
    if (typeof feeds !== 'object' || feeds === null) return false;
    for (const input of this.inputs) if (!isLike(feeds[input.name], input)) return false;
    return true;
  }
}

function isLike(feed: unknown, { type, dims, array }: AcceptedFeed): boolean {
  if (typeof feed !== 'object' || feed === null) return false;
  const tensor = feed as Partial<Tensor>;
  if (tensor.type !== type || (tensor.location !== undefined && tensor.location !== 'cpu')) return false;
  const given = tensor.dims;
  if (!Array.isArray(given) || given.length !== dims.length) return false;
  let elements = 1;
  for (let axis = 0; axis < dims.length; ++axis) {
    if (given[axis] !== dims[axis]) return false;
    elements *= dims[axis]!;
  }
  const { data } = tensor;
  return arrayOf(data) === array && data!.length === elements;
}

function arrayOf(data: unknown): string | undefined {
  return (data as Partial<Float32Array> | undefined)?.[Symbol.toStringTag];
}
