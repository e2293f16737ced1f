import { GdwsError } from '../errors';
import type { Graph } from '../graph/graph';
import type { ValueType } from '../graph/value';
import { native } from '../native';
import { operatorOf } from '../operators';
import { compileGraph, type CompiledGraph } from './compile';
import { ConstantPool } from './constant-pool';

/** Programs kept at once; a server that sees more input shapes than this compiles again. */
const mostPrograms = 16;

/** A graph and its programs, one for each set of input shapes seen, over the same packed weights. */
export class Network {
  private readonly pool = new ConstantPool();
  private readonly session;
  private readonly programs = new Map<string, CompiledGraph>();

  /**
   * Compiles for the declared input shapes (a free batch counting as 1) at once, so that a model which cannot run fails
   * here and not at its first run; where a shape is not declared, checks the operators only.
   */
  constructor(
    private readonly graph: Graph,
    threads: number,
    kernel?: string,
  ) {
    this.session = native.createSession(threads, kernel);
    try {
      this.remember(undefined);
    } catch (error) {
      if (!(error instanceof GdwsError) || error.code !== 'SHAPE_UNKNOWN') throw error;
      this.checkOperators();
    }
  }

  /** The program for these input types and shapes, compiled when first asked for. */
  programFor(feeds: ReadonlyMap<string, ValueType>): CompiledGraph {
    const key = keyOf(this.graph, feeds);
    const known = this.programs.get(key);
    if (!known) return this.remember(feeds);
    // Last used, last to be forgotten.
    this.programs.delete(key);
    this.programs.set(key, known);
    return known;
  }

  private remember(feeds: ReadonlyMap<string, ValueType> | undefined): CompiledGraph {
    const compiled = compileGraph(this.graph, feeds, this.pool, this.session);
    this.programs.set(keyOf(this.graph, compiled.inputs), compiled);
    if (this.programs.size > mostPrograms) this.programs.delete(this.programs.keys().next().value!);
    return compiled;
  }

  private checkOperators(): void {
    for (const node of this.graph.nodes) {
      if (operatorOf(node.domain, node.opType)) continue;
      throw new GdwsError('OPERATOR_UNSUPPORTED', 'the engine does not run this operator.', {
        node: node.name || node.output[0],
        operator: node.opType,
        remedy: "'gdws inspect' lists the operators of a model.",
      });
    }
  }
}

function keyOf(graph: Graph, feeds: ReadonlyMap<string, ValueType>): string {
  return graph.inputs.map(({ name }) => feeds.get(name)?.dims.join()).join(';');
}
