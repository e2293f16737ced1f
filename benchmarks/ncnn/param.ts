import { intAttribute, intsAttribute } from '../../src/onnx/attribute';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';

/**
 * A benchmark network as ncnn's text format has one (a `.param` file), with activations fused as ncnn's own converter fuses
 * them. Weights are no part of it.
 */
export function toParam({ graph }: ModelProto): string {
  return new ParamWriter(
    graph!.node,
    new Map(graph!.initializer.map(({ name, dims }) => [name, dims.map(Number)])),
  ).write(graph!.input[0]!.name);
}

class ParamWriter {
  readonly #lines: string[] = [];
  /** The copies of a tensor that several layers read; ncnn wants a layer that makes them. */
  readonly #copies = new Map<string, string[]>();
  readonly #consumers = new Map<string, NodeProto[]>();
  #blobs = 0;

  constructor(
    private readonly nodes: readonly NodeProto[],
    private readonly weights: ReadonlyMap<string, readonly number[]>,
  ) {
    for (const node of nodes) {
      for (const name of node.input) this.#consumers.set(name, [...(this.#consumers.get(name) ?? []), node]);
    }
  }

  write(input: string): string {
    this.#layer('Input', input, [], input);
    const fused = new Set<NodeProto>();
    for (const node of this.nodes) {
      if (fused.has(node)) continue;
      const relu = this.#reluAfter(node);
      if (relu) fused.add(relu);
      this.#node(node, relu);
    }
    return ['7767517', `${this.#lines.length} ${this.#blobs}`, ...this.#lines, ''].join('\n');
  }

  /** The ReLU that alone reads what a layer with weights makes. */
  #reluAfter(node: NodeProto): NodeProto | undefined {
    const [consumer, ...others] = this.#consumers.get(node.output[0]!) ?? [];
    const fuses = node.opType === 'Conv' || node.opType === 'Gemm';
    return fuses && others.length === 0 && consumer?.opType === 'Relu' ? consumer : undefined;
  }

  #node(node: NodeProto, relu: NodeProto | undefined): void {
    const output = (relu ?? node).output[0]!;
    const weight = this.weights.get(node.input[1] ?? '');
    const bias = node.input.length > 2 ? 1 : 0;
    const activation: Readonly<Record<number, number>> = relu ? { 9: 1 } : {};
    switch (node.opType) {
      case 'Conv': {
        const group = intAttribute(node, 'group', 1);
        const [outputs, , kernel] = weight!;
        const parameters = { 0: outputs!, 1: kernel!, 3: strideOf(node), 4: padOf(node), 5: bias, 6: sizeOf(weight!) };
        if (group === 1)
          return this.#layer('Convolution', output, [node.input[0]!], output, { ...parameters, ...activation });
        return this.#layer('ConvolutionDepthWise', output, [node.input[0]!], output, {
          ...parameters,
          7: group,
          ...activation,
        });
      }
      case 'Gemm':
        return this.#layer('InnerProduct', output, [node.input[0]!], output, {
          0: weight![0]!,
          1: bias,
          2: sizeOf(weight!),
          ...activation,
        });
      case 'BatchNormalization':
        return this.#layer('BatchNorm', output, [node.input[0]!], output, { 0: weight![0]! });
      case 'MaxPool': {
        const [kernel] = intsAttribute(node, 'kernel_shape');
        const roundedDown = 1;
        return this.#layer('Pooling', output, node.input, output, {
          0: 0,
          1: kernel!,
          2: strideOf(node),
          3: padOf(node),
          5: roundedDown,
        });
      }
      case 'GlobalAveragePool':
        return this.#layer('Pooling', output, node.input, output, { 0: 1, 4: 1 });
      case 'Add':
        return this.#layer('BinaryOp', output, node.input, output, { 0: 0 });
      case 'Relu':
        return this.#layer('ReLU', output, node.input, output);
      case 'Flatten':
        return this.#layer('Flatten', output, node.input, output);
      default:
        throw new Error(`ncnn has no counterpart of ${node.opType} (node ${node.name}).`);
    }
  }

  #layer(
    type: string,
    name: string,
    inputs: readonly string[],
    output: string,
    parameters: Readonly<Record<number, number>> = {},
  ): void {
    const sources = inputs.map((input) => this.#copies.get(input)?.pop() ?? input);
    this.#line(type, name, sources, [output], parameters);
    const readers = this.#consumers.get(output)?.length ?? 0;
    if (readers < 2) return;
    const copies = Array.from({ length: readers }, (_, index) => `${output}.copy${index}`);
    this.#line('Split', `${output}.split`, [output], copies, {});
    this.#copies.set(output, copies);
  }

  #line(
    type: string,
    name: string,
    inputs: readonly string[],
    outputs: readonly string[],
    parameters: Readonly<Record<number, number>>,
  ): void {
    this.#blobs += outputs.length;
    const words = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
    this.#lines.push([type, name, inputs.length, outputs.length, ...inputs, ...outputs, ...words].join(' '));
  }
}

function strideOf(node: NodeProto): number {
  return intsAttribute(node, 'strides', [1, 1])[0]!;
}

function padOf(node: NodeProto): number {
  return intsAttribute(node, 'pads', [0, 0, 0, 0])[0]!;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
