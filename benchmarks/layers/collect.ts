import { simplify } from '../../src/analysis/simplify';
import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { ConstantPool } from '../../src/program/constant-pool';
import type { ProgramOperation } from '../../src/program/operation';
import type { Program } from '../../src/program/program';
import type { Network } from '../networks';
import { isLayer, type Layer } from './layer';

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
  add(label: string, { model, input }: Pick<Network, 'model' | 'input'>, batch: number): void {
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
  const valueOf = (id: number | undefined) => {
    if (id === undefined) return undefined;
    const { type, dims } = program.values[id]!;
    return { type, dims };
  };
  const { opcode, attributes } = operation;
  return { opcode, inputs: operation.inputs.map(valueOf), output: valueOf(operation.outputs[0]), attributes } as Layer;
}

/** What tells shapes apart. Bias, residual, activation and requantization do not: they are as where the shape was met first. */
function keyOf({ opcode, inputs, output, attributes }: Layer): string {
  const isSeparable = opcode === 'gdws' || opcode === 'integerGdws';
  const shapes = inputs.slice(0, isSeparable ? 3 : 2);
  if (opcode === 'matmul') return JSON.stringify([opcode, shapes, output, { ...attributes, activation: undefined }]);
  const { groups, strides, dilations, pads } = attributes;
  const kernels = 'kernels' in attributes ? attributes.kernels : undefined;
  return JSON.stringify([opcode, shapes, output, groups, strides, dilations, pads, kernels]);
}
