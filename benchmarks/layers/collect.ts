import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { simplify } from '../../src/graph/passes/simplify';
import { ConstantPool } from '../../src/program/constant-pool';
import type { ProgramOperation } from '../../src/program/operation';
import type { Program } from '../../src/program/program';
import type { Network } from '../networks';
import { isLayer, weightsOf, type Layer } from './layer';

/** A layer and how often each network has it. */
export interface CountedLayer {
  readonly layer: Layer;
  readonly counts: Map<string, number>;
}

/** Distinct layers of several networks. */
export class LayerCollection {
  readonly #layers = new Map<string, CountedLayer>();

  get layers(): CountedLayer[] {
    return [...this.#layers.values()];
  }

  /** Adds the layers of the program that a session runs for `batch` images. */
  add(label: string, { model, input }: Network, batch: number): void {
    const graph = new Graph(model);
    simplify(graph);
    const feed = { type: 'float32', dims: [batch, input.channels, input.height, input.width] } as const;
    const { program } = lowerGraph(graph, new Map([[input.name, feed]]), new ConstantPool());
    for (const operation of program.operations) {
      const layer = layerOf(program, operation);
      if (!layer) continue;
      const key = keyOf(layer);
      const counted = this.#layers.get(key) ?? { layer, counts: new Map<string, number>() };
      counted.counts.set(label, (counted.counts.get(label) ?? 0) + 1);
      this.#layers.set(key, counted);
    }
  }
}

function layerOf(program: Program, operation: ProgramOperation): Layer | undefined {
  if (!isLayer(operation)) return undefined;
  const dimsOf = (id: number | undefined) => (id === undefined ? undefined : program.values[id]!.dims);
  const { opcode, attributes } = operation;
  const [inputs, output] = [operation.inputs.map(dimsOf), dimsOf(operation.outputs[0])!];
  return { opcode, inputs, output, attributes } as Layer;
}

/** What tells shapes apart. Bias, residual and activation do not: they are as where the shape was met first. */
function keyOf(layer: Layer): string {
  const [bias] = weightsOf(layer).slice(-1);
  const attributes = { ...layer.attributes, activation: undefined };
  return JSON.stringify([layer.opcode, layer.inputs.slice(0, bias), layer.output, attributes]);
}
