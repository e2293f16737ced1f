import type { AttributeValue } from '../../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../../src/onnx/make';
import type { NodeProto } from '../../../src/onnx/onnx_pb';
import { elementCount, type Constant } from '../../../src/onnx/value';
import { encodeModel } from '../../../src/onnx/write';
import { constantOf } from '../../../src/operators/elements';
import { float } from '../../operators/case';
import type { Random } from '../../operators/random';

const [images, classes] = [2, 4];

/** A small classifier of random layers, those that compression makes among them. */
export class RandomNetwork {
  readonly dims: readonly number[];
  /** What gradients are taken with respect to, besides the input 'x'. */
  readonly weights: Record<string, Constant> = {};
  private readonly others: Record<string, Constant> = {};
  private readonly nodes: NodeProto[] = [];
  private names = 0;
  private value = 'x';
  private shape: number[];

  constructor(
    private readonly random: Random,
    layers: number,
  ) {
    this.dims = [images, random.integer(1, 4), random.integer(4, 7), random.integer(4, 7)];
    this.shape = [...this.dims];
    // What compression makes is in every network; the other layers are drawn.
    const drawn = Array.from({ length: layers }, () => random.pick(this.layers));
    for (const layer of random.shuffle([() => this.gdws(), ...drawn])) layer();
    this.head();
  }

  /** As a trained network is, or with its weights as further inputs, so that no pass can touch them. */
  model(weightsAre: 'initializers' | 'inputs'): Uint8Array {
    const open = weightsAre === 'inputs' ? Object.entries(this.weights) : [];
    return encodeModel(
      makeModel({
        nodes: this.nodes,
        inputs: [
          makeValueInfo('x', 'float32', this.dims),
          ...open.map(([name, { dims }]) => makeValueInfo(name, 'float32', dims)),
        ],
        outputs: [makeValueInfo('logits', 'float32', [images, classes])],
        initializers: { ...this.others, ...(open.length ? {} : this.weights) },
      }),
    );
  }

  private readonly layers = [
    () => this.convolution(),
    () => this.convolution(),
    () => this.convolutionTranspose(),
    () => this.residual(),
    () => this.gdws(),
    () => this.pool(),
    () => this.normalization(),
    () => this.activation(),
    () => this.gate(),
    () => this.rearrange(),
  ];

  private add(
    opType: string,
    inputs: string[],
    shape: number[],
    attributes: Record<string, AttributeValue> = {},
  ): string {
    const output = `v${this.names++}`;
    this.nodes.push(makeNode({ opType, name: output, input: inputs, output: [output], attributes }));
    this.shape = shape;
    return (this.value = output);
  }

  private weight(dims: number[]): string {
    const name = `w${this.names++}`;
    const size = 1.5 / Math.sqrt(Math.max(1, elementCount(dims.slice(1))));
    this.weights[name] = this.random.floats(dims, -size, size);
    return name;
  }

  private constant(constant: Constant): string {
    const name = `c${this.names++}`;
    this.others[name] = constant;
    return name;
  }

  private floats(dims: number[], least: number, most: number): string {
    return this.constant(this.random.floats(dims, least, most));
  }

  private integers(values: number[]): string {
    return this.constant(constantOf('int64', [values.length], values));
  }

  private convolution(kernel = this.random.integer(1, 3), outputs = this.random.integer(1, 3) * 2): void {
    const [n, channels, height, width] = this.shape as [number, number, number, number];
    const groups = channels % 2 === 0 && this.random.next() < 0.4 ? 2 : 1;
    const strides = [this.random.integer(1, 2), this.random.integer(1, 2)];
    const dilations = [this.random.integer(1, 2), this.random.integer(1, 2)];
    const pads = Array.from({ length: 4 }, () => this.random.integer(0, 2));
    const sizes = [height, width].map((size, axis) => {
      const extent = (kernel - 1) * dilations[axis]! + 1;
      return Math.floor((size + pads[axis]! + pads[axis + 2]! - extent) / strides[axis]!) + 1;
    });
    if (sizes.some((size) => size < 1)) return;
    const bias = this.random.next() < 0.5 ? [this.floats([outputs], -0.5, 0.5)] : [];
    const weight = this.weight([outputs, channels / groups, kernel, kernel]);
    this.add('Conv', [this.value, weight, ...bias], [n, outputs, ...sizes], {
      group: groups,
      strides,
      dilations,
      pads,
    });
    if (this.random.next() < 0.6) this.activation();
  }

  private convolutionTranspose(): void {
    const [n, channels, height, width] = this.shape as [number, number, number, number];
    if (height * width > 80) return;
    const weight = this.weight([channels, 3, 3, 2]);
    const sizes = [2 * (height - 1) + 3 - 1, 2 * (width - 1) + 2 - 1];
    this.add('ConvTranspose', [this.value, weight], [n, 3, ...sizes], { strides: [2, 2], pads: [1, 0, 0, 1] });
  }

  /** Two convolutions and what they began with: the fused addition. */
  private residual(): void {
    const [before, shape] = [this.value, this.shape];
    const [n, channels, ...map] = shape as [number, number, number, number];
    this.add('Conv', [before, this.weight([channels, channels, 3, 3])], [n, channels, ...map], { pads: [1, 1, 1, 1] });
    this.add('Add', this.random.shuffle([this.value, before]), shape);
    this.activation();
  }

  /** Uneven and absent kernels, groups, strides; a residual or an activation that is fused. */
  private gdws(): void {
    const [before, shape] = [this.value, this.shape];
    const [n, channels, height, width] = shape as [number, number, number, number];
    const groups = channels % 2 === 0 && this.random.next() < 0.5 ? 2 : 1;
    const counts = Array.from({ length: channels / groups }, () => this.random.integer(0, 2));
    counts[0]! += 1;
    const rows = Array.from({ length: groups }, (_, group) =>
      this.random
        .shuffle(counts)
        .flatMap((count, channel) => Array(count).fill((group * channels) / groups + channel) as number[]),
    ).flat();
    const stride = this.random.integer(1, 2);
    const outputs = stride === 1 ? channels : 4;
    const sizes = [height, width].map((size) => Math.floor((size - 1) / stride) + 1);
    this.add('Gather', [before, this.integers(rows)], [n, rows.length, height, width], { axis: 1 });
    this.add('Conv', [this.value, this.weight([rows.length, 1, 3, 3])], [n, rows.length, ...sizes], {
      group: rows.length,
      pads: [1, 1, 1, 1],
      strides: [stride, stride],
    });
    const pointwise = this.weight([outputs, rows.length / groups, 1, 1]);
    this.add('Conv', [this.value, pointwise, this.floats([outputs], -0.5, 0.5)], [n, outputs, ...sizes], {
      group: groups,
    });
    if (stride === 1 && this.random.next() < 0.6) this.add('Add', [this.value, before], shape);
    if (this.random.next() < 0.6) this.activation();
  }

  private pool(): void {
    const [n, channels, height, width] = this.shape as [number, number, number, number];
    if (Math.min(height, width) < 3) return;
    const ceil = this.random.integer(0, 1);
    const pads = [this.random.integer(0, 1), this.random.integer(0, 1), this.random.integer(0, 1), 0];
    const sizes = [height, width].map((size, axis) => {
      const reach = size + pads[axis]! + pads[axis + 2]! - 3;
      const count = (ceil ? Math.ceil(reach / 2) : Math.floor(reach / 2)) + 1;
      // The last window begins within the map or the padding before it.
      return (count - 1) * 2 >= size + pads[axis]! ? count - 1 : count;
    });
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads, ceil_mode: ceil };
    if (this.random.next() < 0.5) this.add('MaxPool', [this.value], [n, channels, ...sizes], attributes);
    else {
      const counting = { ...attributes, ceil_mode: 0, count_include_pad: this.random.integer(0, 1) };
      const whole = [height, width].map((size, axis) => Math.floor((size + pads[axis]! + pads[axis + 2]! - 3) / 2) + 1);
      this.add('AveragePool', [this.value], [n, channels, ...whole], counting);
    }
  }

  private normalization(): void {
    const channels = this.shape[1]!;
    const [scale, shift] = [this.floats([channels], 0.5, 1.5), this.floats([channels], -0.5, 0.5)];
    switch (this.random.integer(0, 3)) {
      case 0: {
        const [mean, variance] = [this.floats([channels], -0.5, 0.5), this.floats([channels], 0.5, 2)];
        this.add('BatchNormalization', [this.value, scale, shift, mean, variance], this.shape);
        break;
      }
      case 1:
        this.add('InstanceNormalization', [this.value, scale, shift], this.shape, { epsilon: float(0.1) });
        break;
      case 2:
        this.add('LRN', [this.value], this.shape, { size: 3, alpha: float(0.5) });
        break;
      default:
        this.add('LpNormalization', [this.value], this.shape, { axis: 1 });
    }
  }

  private activation(): void {
    const opType = this.random.pick([
      'Relu',
      'Relu',
      'LeakyRelu',
      'Clip',
      'Sigmoid',
      'Elu',
      'HardSwish',
      'PRelu',
      'Tanh',
    ]);
    const more = {
      Clip: () => ['', this.constant(constantOf('float32', [], [1]))],
      PRelu: () => [this.floats([this.shape[1]!, 1, 1], 0.1, 0.5)],
    }[opType];
    this.add(opType, [this.value, ...(more?.() ?? [])], this.shape);
  }

  /** Squeeze and excitation: broadcasting. */
  private gate(): void {
    const [before, shape] = [this.value, this.shape];
    const [n, channels] = shape as [number, number];
    this.add('GlobalAveragePool', [before], [n, channels, 1, 1]);
    this.add('Conv', [this.value, this.weight([channels, channels, 1, 1])], [n, channels, 1, 1]);
    this.add('Sigmoid', [this.value], this.shape);
    this.add('Mul', [before, this.value], shape);
  }

  private rearrange(): void {
    const [n, channels, height, width] = this.shape as [number, number, number, number];
    switch (this.random.integer(0, 4)) {
      case 0: {
        const pads = this.integers([0, 0, 1, 0, 0, 0, 0, 2]);
        this.add('Pad', [this.value, pads], [n, channels, height + 1, width + 2], { mode: this.random.pick(['reflect', 'edge', 'constant']) }); // prettier-ignore
        break;
      }
      case 1:
        this.add('Slice', [this.value, this.integers([-1]), this.integers([-9]), this.integers([3]), this.integers([-1])], this.shape); // prettier-ignore
        break;
      case 2: {
        const before = this.value;
        this.add('Neg', [before], this.shape);
        this.add('Concat', [before, this.value], [n, 2 * channels, height, width], { axis: 1 });
        break;
      }
      case 3: {
        if (height * width > 60) return;
        const scales = this.constant(constantOf('float32', [4], [1, 1, 2, 1.5]));
        const sizes = [2 * height, Math.floor(1.5 * width)];
        this.add('Resize', [this.value, '', scales], [n, channels, ...sizes], { mode: 'linear' });
        break;
      }
      default:
        this.add('Transpose', [this.value], [n, channels, width, height], { perm: [0, 1, 3, 2] });
    }
  }

  private head(): void {
    const [n, channels, ...map] = this.shape as [number, number, number, number];
    if (this.random.next() < 0.5) this.add('GlobalAveragePool', [this.value], [n, channels, 1, 1]);
    else this.add('Identity', [this.value], [n, channels, ...map]);
    const features = elementCount(this.shape.slice(1));
    this.add('Flatten', [this.value], [n, features]);
    const weight = this.weight([classes, features]);
    const bias = this.floats([classes], -0.5, 0.5);
    this.nodes.push(
      makeNode({ opType: 'Gemm', name: 'logits', input: [this.value, weight, bias], output: ['logits'], attributes: { transB: 1 } }), // prettier-ignore
    );
  }
}
