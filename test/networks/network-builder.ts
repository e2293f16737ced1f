import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { constantOf } from '../../src/operators/elements';
import { Random } from '../operators/random';
import { addLayer, type LayerKind } from './layer-kinds';

/** A float32 tensor of a network being built. */
export interface Built {
  readonly name: string;
  readonly dims: readonly number[];
}

/** Builds a network layer after layer; the image count stays open in what the model declares, unless it is fixed. */
export class NetworkBuilder {
  readonly random: Random;
  /** What was built, the latest last. */
  readonly values: Built[] = [];
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: Record<string, Constant> = {};
  private readonly outputs = new Set<string>();

  constructor(
    dims: readonly number[],
    seed: number,
    readonly isFixed = false,
  ) {
    this.random = new Random(seed);
    this.values.push({ name: 'x', dims });
  }

  /** The value that the next layer reads. */
  get last(): Built {
    return this.values.at(-1)!;
  }

  add(kind: LayerKind, choices: readonly number[]): void {
    addLayer(this, kind, choices);
  }

  /** A node with one result of these dims, which becomes the last. */
  node(
    opType: string,
    inputs: readonly string[],
    dims: readonly number[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Built {
    const name = `v${this.nodes.length}`;
    this.nodes.push(
      makeNode({ opType, name: `${opType}-${this.nodes.length}`, input: inputs, output: [name], attributes }),
    );
    const built = { name, dims };
    this.values.push(built);
    return built;
  }

  /** As {@link node}, of a result that is no float tensor of the network. */
  side(opType: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const name = `s${this.nodes.length}`;
    this.nodes.push(makeNode({ opType, input: inputs, output: [name], attributes }));
    return name;
  }

  /** A node with several results, of which the first becomes the last. */
  several(
    opType: string,
    inputs: readonly string[],
    all: readonly (readonly number[])[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Built[] {
    const built = all.map((dims, index) => ({ name: `v${this.nodes.length}_${index}`, dims }));
    const output = built.map(({ name }) => name);
    this.nodes.push(makeNode({ opType, name: `${opType}-${this.nodes.length}`, input: inputs, output, attributes }));
    this.values.push(...built.toReversed());
    return built;
  }

  /** Weights, each of about one over the root of `fanIn`. */
  weights(dims: readonly number[], fanIn: number): string {
    const { data, ...rest } = this.random.floats(dims);
    return this.constant({ ...rest, data: (data as Float32Array).map((value) => value / Math.sqrt(fanIn)) });
  }

  positive(dims: readonly number[]): string {
    const { data, ...rest } = this.random.floats(dims);
    return this.constant({ ...rest, data: (data as Float32Array).map((value) => Math.abs(value) + 0.5) });
  }

  integers(values: readonly number[]): string {
    return this.constant(constantOf('int64', [values.length], values));
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.constant(constantOf('float32', dims, values));
  }

  constant(constant: Constant): string {
    const name = `c${Object.keys(this.initializers).length}`;
    this.initializers[name] = constant;
    return name;
  }

  /** Makes a value an output of the model as well. */
  alsoOutput({ name }: Built): void {
    if (name !== 'x') this.outputs.add(name);
  }

  model(): ModelProto {
    // A model whose only layers did not fit has one all the same.
    if (this.nodes.length === 0) this.node('Relu', [this.last.name], this.last.dims);
    this.alsoOutput(this.last);
    const dimsOf = new Map(this.values.map(({ name, dims }) => [name, dims]));
    const open = (dims: readonly number[]) => (this.isFixed ? dims : ['images', ...dims.slice(1)]);
    return makeModel({
      nodes: this.nodes,
      inputs: [makeValueInfo('x', 'float32', open(this.values[0]!.dims))],
      outputs: [...this.outputs].map((name) => makeValueInfo(name, 'float32', open(dimsOf.get(name)!))),
      initializers: this.initializers,
      opset: 18,
    });
  }
}
