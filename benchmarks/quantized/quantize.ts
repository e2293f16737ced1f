import type { Tensor } from 'onnxruntime-common';
import { roundHalfToEven } from '../../src/base/rounding';
import { quantizedByte } from '../../src/program/byte-quantization';
import { Graph } from '../../src/graph/graph';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { intAttribute } from '../../src/onnx/attribute';
import { makeNode } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { measureRanges, type Range } from './ranges';

/** How activations and weights are quantized. */
export interface QuantizeOptions {
  /** Type of the activations. Default uint8. */
  readonly activations?: 'uint8' | 'int8';
  /** Type of the weights: int8 around 0, or uint8 with a zero point. Default int8. */
  readonly weights?: 'int8' | 'uint8';
  /** Scales of weights for each output channel, or one. Default true. */
  readonly perChannel?: boolean;
  /** Biases as int32 in units of the sums, or as the floats that they are, as PyTorch exports them. Default int32. */
  readonly biases?: 'int32' | 'float32';
  /** Images whose ranges the tensors get. Default two seeded ones. */
  readonly feeds?: Readonly<Record<string, Tensor>>;
}

/** Operators whose results have the scale of their first input. */
const passing = new Set([
  'MaxPool',
  'Gather',
  'Flatten',
  'Reshape',
  'Transpose',
  'Identity',
  'Slice',
  'Split',
  'Squeeze',
  'Unsqueeze',
  'DepthToSpace',
]);
/** Operators with weights. */
const products = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
/** Operators whose constants have scales as activations do. */
const binary = new Set(['Add', 'Sub', 'Mul', 'Div', 'PRelu', 'Concat']);
const computing = new Set([
  ...products,
  ...binary,
  'AveragePool',
  'BatchNormalization',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'HardSigmoid',
  'HardSwish',
  'InstanceNormalization',
  'LayerNormalization',
  'LeakyRelu',
  'Pad',
  'ReduceMean',
  'Resize',
  'Sigmoid',
  'Softmax',
  'Tanh',
]);

/**
 * The network with QuantizeLinear and DequantizeLinear around its operators, as quantizers write it: activations by the
 * range of each tensor on images, weights by their largest number, biases as int32 in units of the sums.
 */
export async function quantize(model: ModelProto, options: QuantizeOptions = {}): Promise<ModelProto> {
  const graph = new Graph(decodeModel(encodeModel(model)));
  const writer = new QdqWriter(graph, options);
  writer.insert(await measureRanges(model, writer.tensors, options.feeds));
  return graph.model;
}

/** The axis of a node's weights along which its output channels are. */
function channelAxis(node: NodeProto): number {
  if (node.opType === 'Gemm') return intAttribute(node, 'transB', 0) === 0 ? 1 : 0;
  return node.opType === 'Conv' ? 0 : 1;
}

class QdqWriter {
  /** Tensors that become bytes. */
  readonly tensors: readonly string[];
  private readonly nodes: NodeProto[] = [];
  /** The dequantized form of each tensor, and the names of its scale and zero point. */
  private readonly forms = new Map<
    string,
    { readonly name: string; readonly scale: string; readonly zeroPoint: string }
  >();
  private readonly scales = new Map<string, number>();

  constructor(
    private readonly graph: Graph,
    private readonly options: QuantizeOptions,
  ) {
    const read = graph.nodes.flatMap((node) => (this.isQuantized(node) ? this.dataOf(node) : []));
    this.tensors = [...new Set(read)];
  }

  insert(ranges: ReadonlyMap<string, Range>): void {
    const { graph } = this;
    for (const { name } of graph.inputs) if (ranges.has(name)) this.quantizeTensor(name, ranges.get(name)!);
    for (const node of [...graph.nodes]) {
      const [source] = node.input;
      this.nodes.push(this.isQuantized(node) ? this.rewired(node) : node);
      for (const output of node.output) {
        const range = ranges.get(output);
        if (!range) continue;
        if (passing.has(node.opType)) this.passTensor(output, source!);
        else this.quantizeTensor(output, range);
      }
    }
    graph.replace(new Map(graph.nodes.map((node, i) => [node, i === 0 ? this.nodes : []])));
    graph.removeDead();
  }

  private isQuantized({ opType }: NodeProto): boolean {
    return passing.has(opType) || computing.has(opType);
  }

  /** The activations that a node reads. */
  private dataOf(node: NodeProto): string[] {
    return node.input.filter((name) => name !== '' && !this.graph.constant(name));
  }

  /** The node on dequantized operands. */
  private rewired(node: NodeProto): NodeProto {
    const input = node.input.map((name) => this.forms.get(name.replace(/\.source$/, ''))?.name ?? name);
    if (products.has(node.opType) && this.graph.constant(node.input[1]!)) {
      const data = node.input[0]!;
      const weights = this.quantizeWeights(node.input[1]!, channelAxis(node));
      input[1] = weights.name;
      if (node.input[2] && this.options.biases !== 'float32')
        input[2] = this.quantizeBias(node.input[2], this.scales.get(this.forms.get(data)!.scale)!, weights.scales);
    }
    if (binary.has(node.opType)) {
      for (const [i, name] of node.input.entries())
        if (this.graph.constant(name)) input[i] = this.quantizeConstant(name);
    }
    node.input = input;
    return node;
  }

  private quantizeTensor(name: string, range: Range): void {
    this.addPair(name, this.addScale(name, range));
  }

  private addScale(name: string, { least, most }: Range): { scale: string; zeroPoint: string } {
    const type = this.options.activations ?? 'uint8';
    const scale = Math.fround(Math.max((most - least) / 255, 1e-8));
    const first = type === 'int8' ? -128 : 0;
    const zeroPoint = Math.min(Math.max(roundHalfToEven(first - least / scale), first), first + 255);
    const names = { scale: `${name}.scale`, zeroPoint: `${name}.zero_point` };
    this.scales.set(names.scale, scale);
    this.graph.setInitializer(names.scale, { type: 'float32', dims: [], data: Float32Array.of(scale) });
    this.graph.setInitializer(names.zeroPoint, bytes(type, [], [zeroPoint]));
    return names;
  }

  private quantizeConstant(name: string): string {
    const { dims, data } = this.graph.constant(name)!;
    const numbers = data as Float32Array;
    const { scale, zeroPoint } = this.addScale(name, {
      least: numbers.reduce((least, one) => Math.min(least, one), 0),
      most: numbers.reduce((most, one) => Math.max(most, one), 0),
    });
    const type = this.options.activations ?? 'uint8';
    const by = { type, scale: this.scales.get(scale)!, zeroPoint: Number(this.graph.constant(zeroPoint)!.data[0]) };
    const steps = Array.from(numbers, (one) => quantizedByte(one, by));
    this.graph.setInitializer(`${name}.quantized`, bytes(type, dims, steps));
    const [input, output] = [[`${name}.quantized`, scale, zeroPoint], `${name}.dequantized`];
    this.nodes.push(makeNode({ opType: 'DequantizeLinear', input, output: [output] }));
    return output;
  }

  /** A tensor with the scale of another. */
  private passTensor(name: string, like: string): void {
    const { scale, zeroPoint } = this.forms.get(like)!;
    this.addPair(name, { scale, zeroPoint });
  }

  private addPair(name: string, names: { scale: string; zeroPoint: string }): void {
    const output = [`${name}.quantized`, `${name}.dequantized`];
    const parameters = [names.scale, names.zeroPoint];
    this.nodes.push(
      makeNode({ opType: 'QuantizeLinear', input: [name, ...parameters], output: [output[0]!] }),
      makeNode({ opType: 'DequantizeLinear', input: [output[0]!, ...parameters], output: [output[1]!] }),
    );
    this.forms.set(name, { name: output[1]!, ...names });
  }

  private quantizeWeights(name: string, axis: number): { name: string; scales: Float32Array } {
    const constant = this.graph.constant(name)!;
    const data = constant.data as Float32Array;
    const { dims } = constant;
    const channels = this.options.perChannel === false ? 1 : dims[axis]!;
    const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const channelOf = (i: number) => Math.floor(i / inner) % channels;
    const type = this.options.weights ?? 'int8';
    const least = new Float64Array(channels);
    const most = new Float64Array(channels).fill(1e-8);
    data.forEach((one, i) => {
      least[channelOf(i)] = Math.min(least[channelOf(i)]!, one);
      most[channelOf(i)] = Math.max(most[channelOf(i)]!, one);
    });
    const scales = Float32Array.from(most, (upper, c) =>
      type === 'int8' ? Math.max(upper, -least[c]!) / 127 : (upper - least[c]!) / 255,
    );
    const zeroPoints = Array.from(scales, (scale, c) => (type === 'int8' ? 0 : Math.round(-least[c]! / scale)));
    const [lowest, highest] = type === 'int8' ? [-127, 127] : [0, 255];
    const numbers = Array.from(data, (one, i) => {
      const steps = roundHalfToEven(one / scales[channelOf(i)]!) + zeroPoints[channelOf(i)]!;
      return Math.min(Math.max(steps, lowest), highest);
    });
    const own = channels === 1 ? [] : [channels];
    const names = [`${name}.quantized`, `${name}.scale`, `${name}.zero_point`] as const;
    this.graph.setInitializer(names[0], bytes(type, dims, numbers));
    this.graph.setInitializer(names[1], { type: 'float32', dims: own, data: scales });
    this.graph.setInitializer(names[2], bytes(type, own, zeroPoints));
    const attributes = { axis };
    this.nodes.push(
      makeNode({ opType: 'DequantizeLinear', input: names, output: [`${name}.dequantized`], attributes }),
    );
    return { name: `${name}.dequantized`, scales };
  }

  private quantizeBias(name: string, scaleOfData: number, scalesOfWeights: Float32Array): string {
    const data = this.graph.constant(name)!.data as Float32Array;
    const scales = Float32Array.from(data, (_, m) => scaleOfData * scalesOfWeights[m % scalesOfWeights.length]!);
    const steps = Int32Array.from(data, (one, m) => roundHalfToEven(one / scales[m]!));
    const names = [`${name}.quantized`, `${name}.scale`] as const;
    this.graph.setInitializer(names[0], { type: 'int32', dims: [data.length], data: steps });
    this.graph.setInitializer(names[1], { type: 'float32', dims: [data.length], data: scales });
    const attributes = { axis: 0 };
    this.nodes.push(
      makeNode({ opType: 'DequantizeLinear', input: names, output: [`${name}.dequantized`], attributes }),
    );
    return `${name}.dequantized`;
  }
}

function bytes(type: 'uint8' | 'int8', dims: readonly number[], numbers: readonly number[]): Constant {
  return { type, dims, data: type === 'int8' ? Int8Array.from(numbers) : Uint8Array.from(numbers) };
}
