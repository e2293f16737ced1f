import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { namesReadBy } from '../graph/reads';
import { nameOf } from '../onnx/node-place';
import { elementCount, type KnownValue, type ValueType } from '../onnx/value';
import { operatorOf } from '../operators';
import { maxValueElements } from '../operators/value-limit';
import { copyElements, elementsOf } from './feeds';

/**
 * The inputs of a graph whose values, and not just their shapes, decide what is computed: sizes, axes, scales. They are
 * found when a program cannot be compiled without them; from then on each new value of theirs is compiled for.
 */
export class ValueInputs {
  private readonly names = new Set<string>();

  constructor(private readonly graph: Graph) {}

  /** What a program is compiled for: the types of all feeds, and the values of these inputs. */
  withValues(
    types: ReadonlyMap<string, ValueType>,
    feeds: Readonly<Record<string, unknown>>,
  ): ReadonlyMap<string, KnownValue> {
    if (this.names.size === 0) return types;
    const known = new Map<string, KnownValue>(types);
    for (const name of this.names) {
      const { type, dims } = types.get(name)!;
      if (!isSmall(dims)) continue;
      const data = copyElements(elementsOf(feeds[name] as Tensor));
      known.set(name, { type, dims, constant: { type, dims, data } });
    }
    return known;
  }

  /**
   * Whether what stopped a compilation may be mended by values of inputs that were not known: those of few elements that
   * the node depends on.
   */
  learnFrom(error: unknown, types?: ReadonlyMap<string, ValueType>): boolean {
    if (!(error instanceof GdwsError) || error.code !== 'OPERATOR_UNSUPPORTED' || !error.node) return false;
    const before = this.names.size;
    for (const name of this.inputsAbove(error)) {
      const { dims, type } = types?.get(name) ?? this.graph.declared(name) ?? {};
      if (type !== 'string' && (!dims || isSmall(dims))) this.names.add(name);
    }
    return this.names.size > before;
  }

  /**
   * Inputs of the graph that the tensor at fault depends on, or where none is named, the node: it may be computed before the
   * run then, if its operator can.
   */
  private inputsAbove({ node: place, operator, tensor }: GdwsError): string[] {
    const { graph } = this;
    const node = graph.nodes.find((one) => nameOf(one) === place && (!operator || one.opType === operator));
    const folds = node && operatorOf(node.domain, node.opType)?.fold !== undefined;
    const pending = tensor !== undefined ? [tensor] : folds ? [...namesReadBy(node)] : [];
    const seen = new Set<string>();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '' || seen.has(name)) continue;
      seen.add(name);
      const producer = graph.producer(name);
      if (producer) pending.push(...namesReadBy(producer));
    }
    return graph.inputs.map(({ name }) => name).filter((name) => seen.has(name));
  }
}

/** The feeds whose elements a program may be compiled for, which do not change with the caller's. */
export function copySmallFeeds(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const small = Object.entries(feeds).filter(([, { data }]) => data.length <= maxValueElements);
  return Object.fromEntries(
    small.map(([name, feed]) => {
      const { type, dims } = feed;
      return [name, { type, dims: [...dims], data: copyElements(elementsOf(feed)) } as unknown as Tensor];
    }),
  );
}

function isSmall(dims: readonly (number | string | undefined)[]): boolean {
  return elementCount(dims.map((dim) => (typeof dim === 'number' ? dim : 1))) <= maxValueElements;
}
