import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { seededUniform, uniformArray } from './random';

export interface NetworkOptions {
  /** Kernels a channel of the GDWS form, which has them in place of every K×K convolution but the first; without, dense. */
  kernels?: number;
  /** Factor on the number of channels of every layer but the last. Default 1. */
  width?: number;
  /** Default 1. */
  seed?: number;
}

/** A network with what one image costs. */
export interface Network {
  readonly model: ModelProto;
  /** Name, channels, height and width of the one input, whose batch dimension is free. */
  readonly input: FeatureMap;
  /** Multiply-accumulates of all convolutions and linear layers for one image. */
  readonly macs: number;
  /** Elements of all weights and biases. */
  readonly parameters: number;
}

/** A tensor (batch, channels, height, width) of the network. */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

interface ConvolutionShape {
  channels: number;
  kernel: number;
  stride?: number;
  /** Factor on the weights beside He's. */
  gain?: number;
}

/**
 * Builds a network as PyTorch's exporter writes one in evaluation mode: batch normalisation folded into the convolution
 * before it, a free batch dimension, opset 17. Weights are uniform and scaled as He et al. (2015, arXiv 1502.01852) do.
 */
export class NetworkBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: Record<string, Constant> = {};
  readonly #uniform: () => number;
  readonly #kernels: number | undefined;
  readonly #width: number;
  #input?: FeatureMap;
  #convolutions = 0;
  #macs = 0;
  #parameters = 0;

  constructor({ kernels, width = 1, seed = 1 }: NetworkOptions) {
    this.#kernels = kernels;
    this.#width = width;
    this.#uniform = seededUniform(seed);
  }

  input(channels: number, size: number): FeatureMap {
    return (this.#input = { name: 'input', channels, height: size, width: size });
  }

  /** Number of channels of a layer that has `channels` at full width. */
  channels(channels: number): number {
    return Math.max(1, Math.round(channels * this.#width));
  }

  /** A convolution that keeps the map's size but for its stride, with bias; in GDWS form where the network is. */
  convolution(name: string, x: FeatureMap, { channels, kernel, stride = 1, gain = 1 }: ConvolutionShape): FeatureMap {
    const first = this.#convolutions++ === 0;
    if (kernel > 1 && !first && this.#kernels !== undefined) {
      return this.#separable(name, x, { channels, kernel, stride, gain }, this.#kernels);
    }
    const weight = this.#weight(
      `${name}.weight`,
      [channels, x.channels, kernel, kernel],
      x.channels * kernel ** 2,
      gain,
    );
    return this.#window('Conv', name, x, { channels, kernel, stride }, [weight, this.#bias(`${name}.bias`, channels)]);
  }

  /** Gather (where a channel has more than one kernel), depthwise convolution, pointwise convolution. */
  #separable(
    name: string,
    x: FeatureMap,
    { channels, kernel, stride, gain }: Required<ConvolutionShape>,
    kernels: number,
  ) {
    const gathered = kernels * x.channels;
    let repeated = x;
    if (kernels > 1) {
      const data = BigInt64Array.from({ length: gathered }, (_, index) => BigInt(Math.floor(index / kernels)));
      const index = this.#initializer(`${name}.channels`, { type: 'int64', dims: [gathered], data });
      repeated = {
        ...x,
        channels: gathered,
        name: this.#node('Gather', `${name}.gather`, [x.name, index], { axis: 1 }),
      };
    }
    // He's factor of 2 makes up for a ReLU, which the two stages have none of between them: twice the fan-in cancels it.
    const depthwise = this.#weight(`${name}.depthwise.weight`, [gathered, 1, kernel, kernel], 2 * kernel ** 2, 1);
    const map = this.#window(
      'Conv',
      `${name}.depthwise`,
      repeated,
      { channels: gathered, kernel, stride, group: gathered },
      [depthwise],
    );
    const pointwise = this.#weight(`${name}.pointwise.weight`, [channels, gathered, 1, 1], gathered, gain);
    return this.#window('Conv', `${name}.pointwise`, map, { channels, kernel: 1, stride: 1 }, [
      pointwise,
      this.#bias(`${name}.bias`, channels),
    ]);
  }

  #window(
    opType: 'Conv' | 'MaxPool',
    name: string,
    x: FeatureMap,
    { channels, kernel, stride, group }: { channels: number; kernel: number; stride: number; group?: number },
    weights: readonly string[],
  ): FeatureMap {
    const padding = (kernel - 1) >> 1;
    const reach = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
    const [height, width] = [reach(x.height), reach(x.width)];
    if (opType === 'Conv') this.#macs += ((height * width * channels * x.channels) / (group ?? 1)) * kernel ** 2;
    const output = this.#node(opType, name, [x.name, ...weights], {
      kernel_shape: [kernel, kernel],
      pads: [padding, padding, padding, padding],
      strides: [stride, stride],
      ...(opType === 'Conv' && { dilations: [1, 1], group: group ?? 1 }),
    });
    return { name: output, channels, height, width };
  }

  maxPool(name: string, x: FeatureMap, kernel: number, stride: number): FeatureMap {
    return this.#window('MaxPool', name, x, { channels: x.channels, kernel, stride }, []);
  }

  relu(x: FeatureMap): FeatureMap {
    return { ...x, name: this.#node('Relu', `${x.name}.relu`, [x.name]) };
  }

  /** One kernel for each channel, with bias. */
  depthwise(name: string, x: FeatureMap, { kernel, stride = 1 }: { kernel: number; stride?: number }): FeatureMap {
    const weight = this.#weight(`${name}.weight`, [x.channels, 1, kernel, kernel], kernel ** 2, 1);
    const shape = { channels: x.channels, kernel, stride, group: x.channels };
    return this.#window('Conv', name, x, shape, [weight, this.#bias(`${name}.bias`, x.channels)]);
  }

  /** Between 0 and `most`. */
  clip(x: FeatureMap, most: number): FeatureMap {
    const limits = [0, most].map((limit) => {
      const name = `clip.${limit}`;
      return this.#initializer(name, { type: 'float32', dims: [], data: Float32Array.of(limit) });
    });
    return { ...x, name: this.#node('Clip', `${x.name}.clip`, [x.name, ...limits]) };
  }

  add(name: string, a: FeatureMap, b: FeatureMap): FeatureMap {
    return { ...a, name: this.#node('Add', name, [a.name, b.name]) };
  }

  /** One that no convolution comes before, so that an exporter cannot fold it. */
  batchNormalization(name: string, x: FeatureMap): FeatureMap {
    const vector = (part: string, middle: number, bound: number): string => {
      const numbers = uniformArray(this.#uniform, x.channels, bound).map((number) => middle + number);
      return this.#float(`${name}.${part}`, [x.channels], numbers);
    };
    const weights = [
      vector('weight', 1, 0.3),
      vector('bias', 0, 0.3),
      vector('mean', 0, 0.3),
      vector('variance', 1, 0.3),
    ];
    return { ...x, name: this.#node('BatchNormalization', name, [x.name, ...weights], { epsilon: { float: 1e-5 } }) };
  }

  globalAveragePool(x: FeatureMap): FeatureMap {
    return { ...x, height: 1, width: 1, name: this.#node('GlobalAveragePool', `${x.name}.mean`, [x.name]) };
  }

  /** The map as one row of numbers for each image. */
  flatten(x: FeatureMap): FeatureMap {
    const name = this.#node('Flatten', `${x.name}.flatten`, [x.name], { axis: 1 });
    return { name, channels: x.channels * x.height * x.width, height: 1, width: 1 };
  }

  /** A linear layer on a flat map. */
  linear(name: string, x: FeatureMap, outputs: number): FeatureMap {
    const weight = this.#weight(`${name}.weight`, [outputs, x.channels], x.channels, 1);
    this.#macs += outputs * x.channels;
    const output = this.#node('Gemm', name, [x.name, weight, this.#bias(`${name}.bias`, outputs)], { transB: 1 });
    return { ...x, name: output, channels: outputs };
  }

  /** The network whose one output is the linear layer `logits`. */
  build(name: string, logits: FeatureMap): Network {
    const input = this.#input!;
    this.#nodes.at(-1)!.output[0] = 'logits';
    const model = makeModel({
      name,
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: [makeValueInfo(input.name, 'float32', ['batch', input.channels, input.height, input.width])],
      outputs: [makeValueInfo('logits', 'float32', ['batch', logits.channels])],
    });
    return { model, input, macs: this.#macs, parameters: this.#parameters };
  }

  #weight(name: string, dims: readonly number[], fanIn: number, gain: number): string {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return this.#float(name, dims, uniformArray(this.#uniform, count, gain * Math.sqrt(6 / fanIn)));
  }

  #bias(name: string, channels: number): string {
    return this.#float(name, [channels], uniformArray(this.#uniform, channels, 0.1));
  }

  #float(name: string, dims: readonly number[], data: Float32Array): string {
    this.#parameters += data.length;
    return this.#initializer(name, { type: 'float32', dims, data });
  }

  #initializer(name: string, constant: Constant): string {
    this.#initializers[name] = constant;
    return name;
  }

  #node(opType: string, name: string, input: string[], attributes: Record<string, AttributeValue> = {}): string {
    this.#nodes.push(makeNode({ name, opType, input, output: [name], attributes }));
    return name;
  }
}
