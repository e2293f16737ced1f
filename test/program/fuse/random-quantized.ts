import fc from 'fast-check';
import type { AttributeValue } from '../../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../../src/onnx/make';
import type { ModelProto, NodeProto, ValueInfoProto } from '../../../src/onnx/onnx_pb';
import { elementCount, type Constant } from '../../../src/onnx/value';
import { constantOf } from '../../../src/operators/elements';
import { float } from '../../operators/case';
import { Random } from '../../operators/random';

// Random networks with QuantizeLinear and DequantizeLinear at most places. In those that are exact all scales are powers of
// 2, and floats that are not quantized again have few bits: so every sum is exact, and integer operations must give the very
// bytes that floats give.

type ByteType = 'uint8' | 'int8';
type Attributes = Readonly<Record<string, AttributeValue>>;

/** A float tensor, whose elements are multiples of 2^least and below 2^most. */
interface Built {
  readonly name: string;
  readonly dims: readonly number[];
  readonly least: number;
  readonly most: number;
}

/** Whole numbers up to 2^24 are exact in float32. */
const bits = 24;

export interface QuantizedPlan {
  readonly images: number;
  readonly channels: number;
  readonly size: number;
  readonly seed: number;
  readonly layers: readonly { readonly kind: keyof typeof layers; readonly choices: readonly number[] }[];
}

class QuantizedBuilder {
  readonly random: Random;
  readonly values: Built[] = [];
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: Record<string, Constant> = {};
  private readonly outputs = new Map<string, ValueInfoProto>();
  /** Dequantized forms of values. */
  private readonly forms = new Map<string, Built[]>();
  private choices: readonly number[] = [];
  private asked = 0;

  constructor(
    readonly input: readonly number[],
    seed: number,
    private readonly isExact: boolean,
  ) {
    this.random = new Random(seed);
    this.values.push({ name: 'x', dims: input, least: -6, most: 2 });
  }

  add(kind: keyof typeof layers, choices: readonly number[]): void {
    [this.choices, this.asked] = [choices, 0];
    const before = this.values.length;
    layers[kind](this);
    if (this.values.length === before) return;
    if (this.chance(12)) this.expose(this.last);
    if (this.chance(10) && this.isExact) this.expose(this.operand(this.last));
  }

  /** A number below `count`. */
  pick(count: number): number {
    return this.choices[this.asked++ % this.choices.length]! % count;
  }

  /** True once in `times`. */
  chance(times: number): boolean {
    return this.pick(times) === times - 1;
  }

  get last(): Built {
    return this.values.at(-1)!;
  }

  constant(constant: Constant): string {
    const name = `c${Object.keys(this.initializers).length}`;
    this.initializers[name] = constant;
    return name;
  }

  integers(...values: number[]): string {
    return this.constant(constantOf('int64', [values.length], values));
  }

  number(value: number): string {
    return this.constant(constantOf('float32', [], [value]));
  }

  node(
    opType: string,
    inputs: readonly string[],
    { dims, least, most }: Omit<Built, 'name'>,
    attributes: Attributes = {},
  ): Built {
    const built = { name: this.emit(opType, inputs, attributes), dims, least, most };
    this.values.push(built);
    return built;
  }

  private emit(opType: string, input: readonly string[], attributes: Attributes = {}): string {
    const name = `v${this.nodes.length}`;
    this.nodes.push(makeNode({ opType, name: `${opType}-${this.nodes.length}`, input, output: [name], attributes }));
    return name;
  }

  /** A value as the operand of a layer: mostly dequantized, and always where sums of it would not be exact. */
  operand(value: Built, spare = 12): Built {
    const isExact = value.most - value.least + spare <= bits;
    if (isExact && this.chance(8)) return value;
    const forms = this.forms.get(value.name) ?? [];
    if (forms.length > 0 && !this.chance(4)) return forms.at(-1)!;
    return this.pair(value);
  }

  /** QuantizeLinear and DequantizeLinear; rarely a second time, or with other numbers. */
  pair(value: Built, like?: readonly [type: ByteType, exponent: number, zeroPoint: number]): Built {
    const [type, exponent, zero] = like ?? this.quantization(value);
    const [least, most] = type === 'uint8' ? [0, 255] : [-128, 127];
    const zeroPoint = Math.min(Math.max(zero, least), most);
    const stretch = this.stretch();
    const parameters = this.parameters(type, 2 ** exponent * stretch, zeroPoint);
    const bytes = this.emit('QuantizeLinear', [value.name, ...parameters]);
    if (this.chance(16)) this.outputs.set(bytes, makeValueInfo(bytes, type, value.dims));
    const shift = this.chance(16) ? 1 : 0;
    const other = this.chance(16) ? Math.min(zeroPoint + 3, most) : zeroPoint;
    const own =
      shift === 0 && other === zeroPoint ? parameters : this.parameters(type, 2 ** (exponent + shift) * stretch, other);
    const name = this.emit('DequantizeLinear', [bytes, ...own]);
    const built = { name, dims: value.dims, least: exponent + shift, most: exponent + shift + 8 };
    this.forms.set(value.name, [...(this.forms.get(value.name) ?? []), built]);
    return !like && this.chance(12) ? this.pair(built, this.quantization(built)) : built;
  }

  private exposeBytes(value: Built): void {
    const [type, exponent, zeroPoint] = this.quantization(value);
    const parameters = this.parameters(type, 2 ** exponent * this.stretch(), zeroPoint);
    const bytes = this.emit('QuantizeLinear', [value.name, ...parameters]);
    this.outputs.set(bytes, makeValueInfo(bytes, type, value.dims));
  }

  private quantization({ most }: Built): readonly [ByteType, number, number] {
    const type = this.pick(2) === 0 ? 'uint8' : 'int8';
    const [least, largest] = type === 'uint8' ? [0, 255] : [-128, 127];
    const exponent = Math.min(Math.max(most, -3), 3) - 7 - this.pick(3);
    return [type, exponent, [least, 0, largest, 100, least + 128, least + 128, least + 90][this.pick(7)]!];
  }

  private stretch(): number {
    return this.isExact ? 1 : 1 + this.random.next();
  }

  private parameters(type: ByteType, step: number, zeroPoint: number): string[] {
    const scale = this.number(step);
    // Without a zero point the bytes are uint8.
    if (zeroPoint === 0 && type === 'uint8' && this.chance(2)) return [scale];
    return [scale, this.constant(constantOf(type, [], [zeroPoint]))];
  }

  /** Weights that are dequantized, for each channel of `axis` or as a whole. Their exponents are between -9 and -7. */
  weights(dims: readonly number[], axis: number): string {
    const type = this.pick(3) === 0 ? 'uint8' : 'int8';
    const perChannel = this.pick(3) > 0;
    const count = perChannel ? dims[axis]! : 1;
    const own = perChannel ? [count] : [];
    if (this.chance(10)) {
      const { data } = this.random.integers(dims, -127, 127, 'int32');
      return this.constant(
        constantOf(
          'float32',
          dims,
          Array.from(data as Int32Array, (one) => one / 128),
        ),
      );
    }
    const zeros: number[] = Array.from({ length: count }, () => (type === 'int8' ? 0 : 128));
    // Less these zero points some weights are no int8.
    if (this.chance(4)) zeros.forEach((zero, m) => (zeros[m] = zero + this.random.integer(-9, 9)));
    const bytes = this.random.integers(dims, type === 'int8' ? -128 : 0, type === 'int8' ? 127 : 255, type);
    const scales = zeros.map(() => 2 ** this.random.integer(-9, -7) * this.stretch());
    const inputs = [bytes, constantOf('float32', own, scales)].map((one) => this.constant(one));
    if (type === 'uint8' || zeros.some((zero) => zero !== 0) || this.chance(2)) {
      inputs.push(this.constant(constantOf(type, own, zeros)));
    }
    return this.emit('DequantizeLinear', inputs, { axis });
  }

  /** Absent, int32 or float, in units of the sums or in larger ones. */
  /** A tensor of constant bytes less than 128. */
  dequantized(dims: readonly number[], bytes: readonly number[]): string {
    const parameters = this.parameters(this.pick(2) === 0 ? 'uint8' : 'int8', 2 ** -6 * this.stretch(), 17);
    const type = this.initializers[parameters[1]!]!.type;
    return this.emit('DequantizeLinear', [this.constant(constantOf(type, dims, bytes)), ...parameters]);
  }

  bias(count: number, unit: number): string[] {
    const form = this.pick(4);
    if (form === 0) return [];
    const numbers = this.random.integers([count], -3000, 3000, 'int32');
    if (form === 1) {
      const floats = Array.from(numbers.data as Int32Array, (one) => one * 2 ** unit);
      return [this.constant(constantOf('float32', [count], floats))];
    }
    const scales = Array.from({ length: form === 2 ? count : 1 }, () => 2 ** (unit + this.random.integer(0, 2)));
    const scale = this.constant(constantOf('float32', form === 2 ? [count] : [], scales));
    return [this.emit('DequantizeLinear', [this.constant(numbers), scale], { axis: 0 })];
  }

  expose({ name, dims }: Built): void {
    if (name !== 'x') this.outputs.set(name, makeValueInfo(name, 'float32', dims));
  }

  model(): ModelProto {
    if (this.last.name === 'x') this.node('Relu', [this.pair(this.last).name], this.last);
    if (this.pick(2) === 0) this.expose(this.last);
    else if (this.isExact) this.expose(this.pair(this.last));
    else this.exposeBytes(this.last);
    return makeModel({
      nodes: this.nodes,
      inputs: [makeValueInfo('x', 'float32', this.input)],
      outputs: [...this.outputs.values()],
      initializers: this.initializers,
      opset: 18,
    });
  }
}

type Maps = readonly [images: number, channels: number, height: number, width: number];

const depthBits = (depth: number) => Math.ceil(Math.log2(depth));
const isMaps = (dims: readonly number[]) => dims.length === 4;

interface Convolved {
  readonly groups: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly strides: number;
}

function convolve(b: QuantizedBuilder, x: Built, { groups, outputs, kernel, strides }: Convolved): Built {
  const [images, channels, height, width] = x.dims as Maps;
  const pads =
    kernel === 1 || Math.min(height, width) >= 3
      ? b.chance(5)
        ? [0, 0, kernel - 1, kernel - 1]
        : undefined
      : [1, 1, 1, 1];
  const all = pads ?? new Array<number>(4).fill((kernel - 1) / 2);
  const size = (extent: number, axis: number) =>
    Math.floor((extent + all[axis]! + all[axis + 2]! - kernel) / strides) + 1;
  const depth = (channels / groups) * kernel * kernel;
  const data = b.operand(x, 8 + depthBits(depth) + 3);
  const weights = b.weights([outputs, channels / groups, kernel, kernel], 0);
  const least = data.least - 9;
  return b.node(
    'Conv',
    [data.name, weights, ...b.bias(outputs, least + 2)],
    { dims: [images, outputs, size(height, 0), size(width, 1)], least, most: data.most + 1 + depthBits(depth) },
    { group: groups, kernel_shape: [kernel, kernel], strides: [strides, strides], pads: all },
  );
}

function convolveTransposed(b: QuantizedBuilder, x: Built): Built | undefined {
  const [images, channels, ...sizes] = x.dims as Maps;
  const groups = channels % 2 === 0 && b.chance(3) ? 2 : b.chance(4) ? channels : 1;
  const outputs = groups * (1 + b.pick(3));
  const axes = sizes.map((size) => {
    const [stride, dilation] = [1 + b.pick(3), 1 + Number(b.chance(4))];
    // Mostly as long as the stride, as upsampling has it.
    const kernel = b.chance(2) ? stride : 1 + b.pick(4);
    const [begin, end] = [b.pick(3), b.pick(2)];
    const outputPadding = b.pick(stride);
    const length = stride * (size - 1) + outputPadding + (kernel - 1) * dilation + 1 - begin - end;
    return { kernel, stride, dilation, begin, end, outputPadding, length };
  });
  if (axes.some(({ length }) => length < 1 || length > 24)) return undefined;
  const ofAxes = (name: keyof (typeof axes)[0]) => axes.map((axis) => axis[name]);
  const depth = (channels / groups) * axes[0]!.kernel * axes[1]!.kernel;
  const data = b.operand(x, 8 + depthBits(depth) + 3);
  const weights = b.weights([channels, outputs / groups, ...ofAxes('kernel')], 1);
  const least = data.least - 9;
  return b.node(
    'ConvTranspose',
    [data.name, weights, ...b.bias(outputs, least + 2)],
    { dims: [images, outputs, ...ofAxes('length')], least, most: data.most + 1 + depthBits(depth) },
    {
      group: groups,
      kernel_shape: ofAxes('kernel'),
      strides: ofAxes('stride'),
      dilations: ofAxes('dilation'),
      pads: [...ofAxes('begin'), ...ofAxes('end')],
      output_padding: ofAxes('outputPadding'),
    },
  );
}

/** A function of each element; what it gives has no bits to speak of where `isExact` is false. */
function elementwise(
  b: QuantizedBuilder,
  opType: string,
  extra: string[] = [],
  attributes: Attributes = {},
  isExact = true,
) {
  const x = b.operand(b.last, 0);
  b.node(opType, [x.name, ...extra], { ...x, ...(isExact ? {} : { least: x.most - 99 }) }, attributes);
}

function pooled(b: QuantizedBuilder, opType: 'MaxPool' | 'AveragePool') {
  const x = b.operand(b.last, 4);
  if (!isMaps(x.dims)) return;
  const [images, channels, height, width] = x.dims as Maps;
  const isMax = opType === 'MaxPool';
  const kernel = isMax ? 2 + b.pick(2) : 2;
  const stride = 1 + b.pick(2);
  const pads = isMax || b.chance(2) ? b.pick(2) : 0;
  if (Math.min(height, width) + pads < kernel) return;
  const size = (extent: number) => Math.floor((extent + 2 * pads - kernel) / stride) + 1;
  b.node(
    opType,
    [x.name],
    { dims: [images, channels, size(height), size(width)], least: x.least - (isMax ? 0 : 2), most: x.most },
    {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pads, pads, pads, pads],
      // By 4 everywhere, so that means are exact.
      ...(isMax ? {} : { count_include_pad: 1 }),
    },
  );
}

function moved(
  b: QuantizedBuilder,
  opType: string,
  dims: readonly number[],
  extra: string[],
  attributes: Attributes = {},
) {
  const x = b.operand(b.last, 0);
  b.node(opType, [x.name, ...extra], { ...x, dims }, attributes);
}

function gathered(b: QuantizedBuilder, x: Built, count: number, isAnyOrder: boolean): Built {
  const [images, channels, height, width] = x.dims as Maps;
  const indices = Array.from({ length: count }, () => b.random.integer(isAnyOrder ? -channels : 0, channels - 1));
  if (!isAnyOrder) indices.sort((one, other) => one - other);
  const data = b.operand(x, 0);
  const position = b.integers(...indices);
  return b.node('Gather', [data.name, position], { ...data, dims: [images, count, height, width] }, { axis: 1 });
}

function binary(b: QuantizedBuilder, opType: 'Add' | 'Sub' | 'Mul') {
  const alike = b.values.filter(
    ({ dims }) =>
      dims.length === b.last.dims.length &&
      dims.every((dim, i) => dim === b.last.dims[i] || dim === 1 || b.last.dims[i] === 1),
  );
  const other = alike[b.pick(alike.length)]!;
  const [one, two] = [b.operand(b.last, 4), b.operand(other, 4)];
  const [x, y] = b.pick(2) === 0 ? [one, two] : [two, one];
  const isProduct = opType === 'Mul';
  b.node(opType, [x.name, y.name], {
    dims: x.dims.map((dim, i) => Math.max(dim, y.dims[i]!)),
    least: isProduct ? x.least + y.least : Math.min(x.least, y.least),
    most: isProduct ? x.most + y.most : Math.max(x.most, y.most) + 1,
  });
}

/** What is computed of an operand along axes; it keeps their dims, or not. */
function reduced(b: QuantizedBuilder, x: Built, name: 'Mean' | 'Max', axes: readonly number[]) {
  const dims = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const isGlobal = axes.length === 2 && b.pick(3) === 0;
  const kept = x.dims.length === axes.length ? 1 : b.pick(2);
  if (isGlobal) b.node(name === 'Mean' ? 'GlobalAveragePool' : 'GlobalMaxPool', [x.name], { ...x, dims });
  else {
    const given = b.pick(2) === 0 ? axes : axes.map((axis) => axis - x.dims.length).toReversed();
    const result = { ...x, dims: kept === 1 ? dims : dims.filter((_, axis) => !axes.includes(axis)) };
    b.node(`Reduce${name}`, [x.name, b.integers(...given)], result, { keepdims: kept });
  }
  if (b.chance(3)) b.node('Relu', [b.last.name], b.last);
}

/** With one number, or one for each channel; floats, or dequantized. */
function withConstant(b: QuantizedBuilder) {
  const opType = ['Add', 'Sub', 'Mul', 'Div', 'PRelu', 'Min', 'Max'][b.pick(7)]!;
  const x = b.operand(b.last, 0);
  const dims = b.chance(2) || x.dims.length < 2 ? [] : x.dims.map((dim, axis) => (axis === 1 ? dim : 1));
  const count = elementCount(dims);
  const steps = Array.from(b.random.integers([count], 1, 100, 'int32').data as Int32Array);
  const floats = steps.map((one, i) => ((i + one) % 3 === 0 ? -one : one) / 64);
  // Not 0, by which nothing can be divided.
  const constant =
    opType !== 'Div' && b.pick(3) === 0 ? b.dequantized(dims, steps) : b.constant(constantOf('float32', dims, floats));
  const inputs = opType === 'PRelu' || b.pick(3) > 0 ? [x.name, constant] : [constant, x.name];
  if (opType === 'Div' && inputs[0] === constant) return;
  b.node(opType, inputs, { ...x, least: x.most - 99 });
}

/** Each adds layers to the last value, where they fit it. */
const layers = {
  dense: (b: QuantizedBuilder) => {
    if (!isMaps(b.last.dims)) return;
    convolve(b, b.last, {
      groups: 1,
      outputs: 1 + b.pick(5),
      kernel: b.pick(2) * 2 + 1,
      strides: 1 + Number(b.chance(4)),
    });
  },
  grouped: (b: QuantizedBuilder) => {
    const channels = b.last.dims[1]!;
    if (!isMaps(b.last.dims) || channels % 2 !== 0) return;
    convolve(b, b.last, { groups: 2, outputs: 2 * (1 + b.pick(2)), kernel: b.pick(2) * 2 + 1, strides: 1 });
  },
  depthwise: (b: QuantizedBuilder) => {
    if (!isMaps(b.last.dims)) return;
    const channels = b.last.dims[1]!;
    const outputs = channels * (channels < 5 ? 1 + b.pick(2) : 1);
    convolve(b, b.last, { groups: channels, outputs, kernel: b.pick(2) * 2 + 1, strides: 1 + Number(b.chance(3)) });
  },
  transposed: (b: QuantizedBuilder) => {
    const result = isMaps(b.last.dims) ? convolveTransposed(b, b.last) : undefined;
    if (result && b.pick(2) === 0) b.node('Relu', [result.name], result);
  },
  separable: (b: QuantizedBuilder) => {
    if (!isMaps(b.last.dims)) return;
    const x = b.pick(3) > 0 ? gathered(b, b.last, 2 * (1 + b.pick(3)), b.pick(2) === 0) : b.last;
    const channels = x.dims[1]!;
    const features = convolve(b, x, {
      groups: channels,
      outputs: channels * (1 + Number(b.chance(3))),
      kernel: 3,
      strides: 1,
    });
    const middle = b.chance(3) ? b.node('Relu', [features.name], features) : features;
    const groups = middle.dims[1]! % 2 === 0 && b.pick(3) === 0 ? 2 : 1;
    convolve(b, middle, { groups, outputs: groups * (1 + b.pick(3)), kernel: 1, strides: 1 });
  },
  /** A residual block: two branches, whose sum is limited. */
  residual: (b: QuantizedBuilder) => {
    const x = b.last;
    if (!isMaps(x.dims)) return;
    const outputs = b.pick(2) === 0 ? x.dims[1]! : 1 + b.pick(3);
    const branch = convolve(b, x, { groups: 1, outputs, kernel: 3, strides: 1 });
    const shortcut =
      b.pick(2) === 0 && x.dims[1] !== undefined
        ? x
        : convolve(b, x, { groups: 1, outputs: b.pick(2) === 0 ? 1 : outputs, kernel: 1, strides: 1 });
    const fits = [0, 2, 3].every((axis) => branch.dims[axis] === shortcut.dims[axis]);
    if (!fits || (shortcut.dims[1] !== 1 && outputs !== 1 && shortcut.dims[1] !== outputs)) return;
    // The convolution is quantized before the sum, or not.
    const own = b.operand(branch, 3);
    const other = b.operand(shortcut, 3);
    const pair = b.pick(2) === 0 ? [own, other] : [other, own];
    const dims = branch.dims.with(1, Math.max(outputs, shortcut.dims[1]!));
    const sum = b.node(
      'Add',
      pair.map(({ name }) => name),
      {
        dims,
        least: Math.min(own.least, other.least),
        most: Math.max(own.most, other.most) + 1,
      },
    );
    if (b.pick(2) === 0) b.node('Relu', [sum.name], sum);
  },
  add: (b: QuantizedBuilder) => binary(b, 'Add'),
  mul: (b: QuantizedBuilder) => binary(b, 'Mul'),
  sub: (b: QuantizedBuilder) => binary(b, 'Sub'),
  constant: withConstant,
  relu: (b: QuantizedBuilder) => {
    // Mostly of the float result, which is not quantized before it.
    const x = b.pick(3) > 0 ? b.last : b.operand(b.last, 0);
    b.node('Relu', [x.name], x);
  },
  clip: (b: QuantizedBuilder) => {
    const x = b.pick(3) > 0 ? b.last : b.operand(b.last, 0);
    const bounds = [
      [0, 6],
      [-0.5, 0.5],
      [-1, 0.3125],
      [0.5, -0.25],
      [-8, -1],
    ][b.pick(5)]!;
    b.node('Clip', [x.name, ...bounds.map((bound) => b.number(bound))], { ...x, least: Math.min(x.least, -4) });
  },
  leakyRelu: (b: QuantizedBuilder) => elementwise(b, 'LeakyRelu', [], { alpha: float(0.125) }, false),
  sigmoid: (b: QuantizedBuilder) => elementwise(b, ['Sigmoid', 'Elu', 'Tanh'][b.pick(3)]!, [], {}, false),
  hardSigmoid: (b: QuantizedBuilder) => elementwise(b, 'HardSigmoid', [], { alpha: float(0.25) }, false),
  maxPool: (b: QuantizedBuilder) => pooled(b, 'MaxPool'),
  averagePool: (b: QuantizedBuilder) => pooled(b, 'AveragePool'),
  mean: (b: QuantizedBuilder) => {
    const x = b.operand(b.last, 6);
    const { dims } = x;
    const axes = isMaps(dims) && b.pick(3) > 0 ? [2, 3] : [b.pick(dims.length)];
    const bits = depthBits(elementCount(axes.map((axis) => dims[axis]!)));
    // The mean of so many is exact.
    if (elementCount(axes.map((axis) => dims[axis]!)) !== 2 ** bits) return;
    reduced(b, { ...x, least: x.least - bits }, 'Mean', axes);
  },
  largest: (b: QuantizedBuilder) => {
    const x = b.operand(b.last, 0);
    reduced(b, x, 'Max', isMaps(x.dims) && b.pick(3) > 0 ? [2, 3] : [b.pick(x.dims.length)]);
  },
  concat: (b: QuantizedBuilder) => {
    const { dims } = b.last;
    const fitting = b.values.filter(
      (one) => one.dims.length === dims.length && one.dims.every((dim, i) => i === 1 || dim === dims[i]),
    );
    if (dims.length < 2) return;
    const same = b.chance(2) ? (['uint8', -5, 120] as const) : undefined;
    const pieces = Array.from({ length: 2 + b.pick(2) }, (_, i) => {
      const one = i === 0 ? b.last : fitting[b.pick(fitting.length)]!;
      return same ? b.pair(one, same) : b.operand(one, 0);
    });
    b.node(
      'Concat',
      pieces.map(({ name }) => name),
      {
        dims: dims.with(
          1,
          pieces.reduce((sum, piece) => sum + piece.dims[1]!, 0),
        ),
        least: Math.min(...pieces.map(({ least }) => least)),
        most: Math.max(...pieces.map(({ most }) => most)),
      },
      { axis: 1 },
    );
  },
  slice: (b: QuantizedBuilder) => {
    const axis = b.pick(b.last.dims.length);
    const length = b.last.dims[axis]!;
    if (length < 2) return;
    const step = 1 + b.pick(2);
    const dims = b.last.dims.with(axis, Math.ceil((length - 1) / step));
    moved(b, 'Slice', dims, [b.integers(1), b.integers(length), b.integers(axis), b.integers(step)]);
  },
  gather: (b: QuantizedBuilder) => {
    if (isMaps(b.last.dims)) gathered(b, b.last, 1 + b.pick(4), true);
  },
  pad: (b: QuantizedBuilder) => {
    if (!isMaps(b.last.dims)) return;
    const [images, channels, height, width] = b.last.dims as Maps;
    if (height * width > 80) return;
    const value = [[], [b.number(0)], [b.number(0.25)]][b.pick(3)]!;
    const [top, left] = [b.pick(2), b.pick(2)];
    const extra = [b.integers(0, 0, top, left, 0, 0, 1, 0), ...value];
    const mode =
      value.length === 0 && Math.min(height, width) > 1 ? ['constant', 'reflect', 'edge'][b.pick(3)]! : 'constant';
    moved(b, 'Pad', [images, channels, height + top + 1, width + left], extra, { mode });
  },
  transpose: (b: QuantizedBuilder) => {
    const { dims } = b.last;
    const perm = dims.map((_, i) => i);
    if (dims.length === 4) perm.splice(2, 2, 3, 2);
    else perm.reverse();
    moved(
      b,
      'Transpose',
      perm.map((axis) => dims[axis]!),
      [],
      { perm },
    );
  },
  resize: (b: QuantizedBuilder) => {
    if (!isMaps(b.last.dims)) return;
    const [images, channels, height, width] = b.last.dims as Maps;
    if (height * width > 40) return;
    const scales = b.constant(constantOf('float32', [4], [1, 1, 2, 2]));
    moved(b, 'Resize', [images, channels, 2 * height, 2 * width], ['', scales], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  },
  gemm: (b: QuantizedBuilder) => {
    const images = b.last.dims[0]!;
    const depth = elementCount(b.last.dims) / images;
    if (depth > 128) return;
    const flat = b.last.dims.length === 2 ? b.last : (moved(b, 'Flatten', [images, depth], [], { axis: 1 }), b.last);
    const x = b.operand(flat, 8 + depthBits(depth) + 3);
    const columns = 1 + b.pick(4);
    const transB = b.pick(2);
    const weights = b.weights(transB ? [columns, depth] : [depth, columns], transB ? 0 : 1);
    const least = x.least - 9;
    const result = { dims: [images, columns], least: least - 1, most: x.most + 1 + depthBits(depth) };
    if (b.pick(3) === 0 && !transB) b.node('MatMul', [x.name, weights], result);
    else
      b.node('Gemm', [x.name, weights, ...b.bias(columns, least + 2)], result, {
        transB,
        ...(b.chance(4) ? { alpha: float(0.5) } : {}),
      });
  },
} as const satisfies Record<string, (b: QuantizedBuilder) => void>;

const choices = 24;

type Kind = keyof typeof layers;

const planOf = (mostLayers: number, kinds = Object.keys(layers) as Kind[]): fc.Arbitrary<QuantizedPlan> =>
  fc.record({
    images: fc.constantFrom(1, 1, 2),
    channels: fc.integer({ min: 1, max: 4 }),
    size: fc.constantFrom(4, 4, 2, 5, 8),
    seed: fc.nat(2 ** 31 - 1),
    layers: fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        choices: fc.array(fc.nat(239), { minLength: choices, maxLength: choices }),
      }),
      { minLength: 1, maxLength: mostLayers },
    ),
  });

export const quantizedPlan = planOf(7);
/** So few layers that a byte which differs by a step changes little after it. */
export const shortPlan = planOf(3);
export const transposedPlan = planOf(3, ['transposed', 'transposed', 'dense']);

export interface QuantizedNetwork {
  readonly model: ModelProto;
  readonly x: Constant;
}

/** Where it is not exact, scales are any numbers. */
export function quantizedNetwork(
  { images, channels, size, seed, layers: plans }: QuantizedPlan,
  isExact: boolean,
): QuantizedNetwork {
  const dims = [images, channels, size, size];
  const builder = new QuantizedBuilder(dims, seed, isExact);
  for (const { kind, choices } of plans) builder.add(kind, choices);
  const model = builder.model();
  const steps = builder.random.integers(dims, -160, 160, 'int32');
  return {
    model,
    x: constantOf(
      'float32',
      dims,
      Array.from(steps.data as Int32Array, (one) => one / 64),
    ),
  };
}
