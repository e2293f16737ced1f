import type { ErrorDetails } from '../base/errors';
import { checkLimit } from '../base/limits';
import type { Graph } from '../graph/graph';
import { tensorBytes } from '../graph/tensor-limits';
import type { Constant, KnownValue } from '../onnx/value';

/** Elements that a model may have folded for each byte that it stores, beyond the limit. */
const elementsPerByte = 2;

/**
 * Work and memory spent on constants before the run. Without limits, a hostile model with few nodes and no large tensor could
 * take any amount of both.
 */
export class FoldingWork {
  private elements = 0;
  private bytes = 0;

  constructor(private readonly graph: Graph) {
    for (const { rawData } of graph.proto.initializer) this.elements -= elementsPerByte * rawData.length;
  }

  /** Counts elements of a node's constant inputs or results; before results are computed, where their number is known. */
  take(elements: number, place: ErrorDetails): void {
    const { limits } = this.graph;
    this.elements += elements;
    const what = 'computing constants takes too many elements';
    checkLimit(limits, 'foldedElements', this.elements, what, place);
  }

  /** Folds a node whose inputs are all known. */
  fold(
    inputs: readonly (KnownValue | undefined)[],
    place: ErrorDetails,
    compute: () => Constant[] | undefined,
  ): Constant[] | undefined {
    const known = inputs.reduce((sum, input) => sum + (input?.constant?.data.length ?? 0), 0);
    this.take(known, place);
    const results = compute();
    const isView = ({ data }: Constant) => inputs.some((input) => input?.constant?.data === data);
    if (!results || results.every(isView)) {
      this.elements -= known;
      return results;
    }
    for (const result of results) {
      this.take(result.data.length, place);
      if (!isView(result)) this.bytes += tensorBytes(result);
    }
    checkLimit(this.graph.limits, 'memoryBytes', this.bytes, 'computed constants have too many bytes', place);
    return results;
  }
}
