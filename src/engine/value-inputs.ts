import type { Tensor } from 'onnxruntime-common';
import { UnsupportedNode } from '../analysis/call';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { namesReadBy } from '../graph/reads';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type KnownValue, type ValueType } from '../onnx/value';
import { operatorOf } from '../operators';
import { maxValueElements } from '../operators/value-limit';
import { copyElements, elementsOf } from './feeds';

/**
 * The inputs of a graph whose values, not only their shapes, determine its program: sizes, axes, scales. They are found when a
 * program cannot be compiled without them; from then on, programs are compiled for each new value.
 */
export class ValueInputs {
  private readonly names = new Set<string>();

  /** @param varying inputs that are never compiled for by value, since they differ from run to run */
  constructor(
    private readonly graph: Graph,
    private readonly varying: ReadonlySet<string> = new Set(),
  ) {}

  /** Whether programs depend on types and shapes alone, as far as is known. */
  get areNone(): boolean {
    return this.names.size === 0;
  }

  /** The types of all feeds, and the values of these inputs, for which a program is compiled. */
  withValues(
    types: ReadonlyMap<string, ValueType>,
    feeds: Readonly<Record<string, unknown>>,
  ): ReadonlyMap<string, KnownValue> {
    if (this.areNone) return types;
    const known = new Map<string, KnownValue>(types);
    for (const name of this.names) {
      const { type, dims } = types.get(name)!;
      if (!isSmall(dims)) continue;
      if (feeds[name] === undefined) {
        throw new GdwsError('INPUT_MISSING', 'programs depend on the elements of this input, not only on its shape.', {
          tensor: name,
          remedy: 'Leave out prepare: the first run for each of its values compiles.',
        });
      }
      const data = copyElements(elementsOf(feeds[name] as Tensor));
      known.set(name, { type, dims, constant: { type, dims, data } });
    }
    return known;
  }

  /**
   * Adds the inputs of few elements that a failed node depends on. Returns whether there are new ones, with whose values the
   * compilation may succeed.
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
   * Inputs of the graph that the tensor at fault depends on, or where none is named, the node, if its operator can be computed
   * before the run.
   */
  private inputsAbove(error: GdwsError): string[] {
    const { graph } = this;
    const { tensor } = error;
    // What the encoding of a program refuses has the name of a node alone.
    const node = error instanceof UnsupportedNode ? error.source : this.nodeNamedBy(error);
    const folds = node && operatorOf(node.domain, node.opType)?.fold !== undefined;
    const pending = tensor !== undefined ? [tensor] : folds ? [...namesReadBy(node)] : [];
    const seen = new Set<string>();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '' || seen.has(name)) continue;
      seen.add(name);
      const producer = graph.producer(name);
      if (producer) pending.push(...namesReadBy(producer));
    }
    return graph.inputs.map(({ name }) => name).filter((name) => seen.has(name) && !this.varying.has(name));
  }

  private nodeNamedBy({ node, operator }: GdwsError): NodeProto | undefined {
    return this.graph.nodes.find((one) => nameOf(one) === node && (!operator || one.opType === operator));
  }
}

/** Copies of the feeds of these inputs, which wait for a compilation. */
export function copyFeeds(
  inputNames: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    inputNames.map((name) => {
      const feed = feeds[name]!;
      const { type, dims } = feed;
      return [name, { type, dims: [...dims], data: copyElements(elementsOf(feed)) } as unknown as Tensor];
    }),
  );
}

function isSmall(dims: readonly (number | string | undefined)[]): boolean {
  return elementCount(dims.map((dim) => (typeof dim === 'number' ? dim : 1))) <= maxValueElements;
}
