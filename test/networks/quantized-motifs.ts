import { uniformArray, seededUniform } from '../../benchmarks/networks/random';
import type { AttributeValue } from '../../src/onnx/attribute';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../src/onnx/onnx_pb';
import type { Constant } from '../../src/onnx/value';
import { constantOf } from '../../src/operators/elements';
import { float } from '../operators/case';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** A small network of floats around what a quantizer meets in practice. */
export class MotifBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: Record<string, Constant> = {};
  readonly #uniform = seededUniform(5);

  node(opType: string, input: readonly string[], attributes: Attributes = {}, outputs = 1): string {
    const name = `${opType}-${this.#nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    this.#nodes.push(makeNode({ opType, name, input, output, attributes }));
    return name;
  }

  #constant(constant: Constant): string {
    const name = `c${Object.keys(this.#initializers).length}`;
    this.#initializers[name] = constant;
    return name;
  }

  /** Seeded numbers up to `bound`. */
  floats(dims: readonly number[], bound = 1): string {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return this.#constant({ type: 'float32', dims, data: uniformArray(this.#uniform, count, bound) });
  }

  numbers(...values: number[]): string {
    return this.#constant(constantOf('float32', [values.length], values));
  }

  number(value: number): string {
    return this.#constant(constantOf('float32', [], [value]));
  }

  integers(...values: number[]): string {
    return this.#constant(constantOf('int64', [values.length], values));
  }

  /** Weights as He's of (outputs, channels / groups, …), and a bias. */
  convolution(
    x: string,
    dims: readonly number[],
    { opType = 'Conv', outputs = dims[0]!, ...attributes }: Attributes & { opType?: string; outputs?: number } = {},
  ): string {
    const depth = dims.slice(1).reduce((product, dim) => product * dim, 1);
    const w = this.floats(dims, Math.sqrt(6 / depth));
    return this.node(opType, [x, w, this.floats([outputs], 0.5)], { kernel_shape: dims.slice(2), ...attributes });
  }

  model(input: readonly number[], output: string): ModelProto {
    const result = makeValueInfo(output, 'float32', []);
    delete (result as { type?: unknown }).type;
    return makeModel({
      nodes: this.#nodes,
      inputs: [makeValueInfo('x', 'float32', input)],
      outputs: [result],
      initializers: this.#initializers,
      opset: 20,
    });
  }
}

const padded = { pads: [1, 1, 1, 1] };
const halving = { kernel_shape: [2, 2], strides: [2, 2] };

/** From maps (N,8,8,8). Each ends in a tensor that is quantized. */
export const motifs: Readonly<Record<string, (b: MotifBuilder, x: string) => string>> = {
  Relu: (b, x) => b.node('Relu', [b.convolution(x, [8, 8, 3, 3], padded)]),
  'Clip(0, 6)': (b, x) => b.node('Clip', [b.convolution(x, [8, 8, 3, 3], padded), b.number(0), b.number(6)]),
  'depthwise, dilated and grouped Conv': (b, x) => {
    const depthwise = b.convolution(x, [8, 1, 3, 3], { group: 8, ...padded });
    const dilated = b.convolution(depthwise, [8, 8, 3, 3], { dilations: [2, 2], pads: [2, 2, 2, 2] });
    return b.convolution(dilated, [8, 2, 3, 3], { group: 4, strides: [2, 2], ...padded });
  },
  'ConvTranspose, doubling': (b, x) =>
    b.convolution(x, [8, 4, 2, 2], { opType: 'ConvTranspose', outputs: 4, strides: [2, 2] }),
  'ConvTranspose, overlapping and grouped': (b, x) => {
    const up = b.convolution(x, [8, 4, 4, 4], { opType: 'ConvTranspose', outputs: 4, strides: [2, 2], ...padded });
    const all = { opType: 'ConvTranspose', outputs: 4, group: 2, strides: [2, 2], output_padding: [1, 1], ...padded };
    return b.node('Relu', [b.convolution(up, [4, 2, 3, 3], all)]);
  },
  'U-Net': (b, x) => {
    const doubling = { opType: 'ConvTranspose', strides: [2, 2] };
    const once = b.node('Relu', [b.convolution(b.node('MaxPool', [x], halving), [16, 8, 3, 3], padded)]);
    const twice = b.node('Relu', [b.convolution(b.node('MaxPool', [once], halving), [16, 16, 3, 3], padded)]);
    const up = b.node('Relu', [b.convolution(twice, [16, 8, 2, 2], { ...doubling, outputs: 8 })]);
    const joined = b.node('Relu', [b.convolution(b.node('Concat', [once, up], { axis: 1 }), [8, 24, 3, 3], padded)]);
    const top = b.convolution(joined, [8, 4, 4, 4], { ...doubling, outputs: 4, ...padded });
    return b.convolution(b.node('Concat', [top, x], { axis: 1 }), [3, 12, 1, 1]);
  },
  'ConvTranspose of one axis': (b, x) => {
    const rows = b.node('Reshape', [x, b.integers(-1, 8, 64)]);
    return b.convolution(rows, [8, 3, 4], { opType: 'ConvTranspose', outputs: 3, strides: [2], pads: [1, 1] });
  },
  'ConvTranspose of three axes': (b, x) => {
    const solid = b.node('Reshape', [x, b.integers(-1, 2, 4, 8, 8)]);
    const all = { opType: 'ConvTranspose', outputs: 3, strides: [2, 2, 2], pads: [0, 1, 1, 1, 1, 1] };
    return b.node('Relu', [b.convolution(solid, [2, 3, 3, 4, 2], all)]);
  },
  'Conv of three axes': (b, x) => {
    const solid = b.node('Reshape', [x, b.integers(-1, 2, 4, 8, 8)]);
    return b.node('Relu', [b.convolution(solid, [4, 2, 3, 3, 3], { pads: [1, 1, 1, 1, 1, 1] })]);
  },
  HardSwish: (b, x) => b.node('HardSwish', [b.convolution(x, [8, 8, 1, 1])]),
  'HardSigmoid and Mul': (b, x) => {
    const y = b.convolution(x, [8, 8, 1, 1]);
    return b.node('Mul', [y, b.node('HardSigmoid', [y], { alpha: float(1 / 6) })]);
  },
  SiLU: (b, x) => {
    const y = b.convolution(x, [8, 8, 1, 1]);
    return b.node('Mul', [y, b.node('Sigmoid', [y])]);
  },
  'squeeze and excitation': (b, x) => {
    const mean = b.node('GlobalAveragePool', [x]);
    const squeezed = b.node('Relu', [b.convolution(mean, [4, 8, 1, 1])]);
    return b.node('Mul', [x, b.node('Sigmoid', [b.convolution(squeezed, [8, 4, 1, 1])])]);
  },
  'mean, Relu': (b, x) => b.node('Relu', [b.node('GlobalAveragePool', [x])]),
  'AveragePool, Relu': (b, x) => b.node('Relu', [b.node('AveragePool', [x], halving)]),
  'AveragePool that counts padding': (b, x) =>
    b.node('AveragePool', [x], { kernel_shape: [3, 3], count_include_pad: 1, ...padded }),
  'AveragePool, ceil_mode': (b, x) => b.node('AveragePool', [x], { ...halving, kernel_shape: [3, 3], ceil_mode: 1 }),
  'ReduceMean of maps': (b, x) => b.node('ReduceMean', [x, b.integers(-1, -2)], { keepdims: 1 }),
  'ReduceMean of channels': (b, x) => b.node('ReduceMean', [x, b.integers(1)], { keepdims: 1 }),
  GlobalMaxPool: (b, x) => b.node('GlobalMaxPool', [x]),
  'MaxPool, Relu': (b, x) => b.node('Relu', [b.node('MaxPool', [x], halving)]),
  'GlobalAveragePool, Flatten, Gemm': (b, x) => {
    const flat = b.node('Flatten', [b.node('GlobalAveragePool', [x])]);
    return b.node('Gemm', [flat, b.floats([5, 8]), b.floats([5])], { transB: 1 });
  },
  'MatMul and Add': (b, x) => {
    const flat = b.node('Flatten', [x]);
    return b.node('Add', [b.node('MatMul', [flat, b.floats([512, 6], 0.1)]), b.floats([6])]);
  },
  'rows by a matrix': (b, x) => {
    const rows = b.node('Transpose', [b.node('Reshape', [x, b.integers(-1, 8, 64)])], { perm: [0, 2, 1] });
    return b.node('MatMul', [rows, b.floats([8, 6], 0.5)]);
  },
  'Add, Relu': (b, x) => b.node('Relu', [b.node('Add', [x, b.convolution(x, [8, 8, 3, 3], padded)])]),
  'Mul, Relu': (b, x) => b.node('Relu', [b.node('Mul', [x, b.convolution(x, [8, 8, 3, 3], padded)])]),
  Sub: (b, x) => b.node('Sub', [x, b.convolution(x, [8, 8, 3, 3], padded)]),
  Div: (b, x) => b.node('Div', [x, b.node('HardSigmoid', [x])]),
  'Add of a constant': (b, x) => b.node('Add', [x, b.floats([8, 1, 1])]),
  'Mul by a constant': (b, x) => b.node('Mul', [b.number(0.7), x]),
  'Sub of a constant': (b, x) => b.node('Sub', [x, b.floats([8, 1, 1])]),
  'Concat of other scales': (b, x) =>
    b.node('Concat', [x, b.node('Relu', [b.convolution(x, [4, 8, 3, 3], padded)])], { axis: 1 }),
  'Split and Concat': (b, x) => {
    const first = b.node('Split', [x], { axis: 1, num_outputs: 2 }, 2);
    return b.node('Concat', [`${first}.1`, first], { axis: 1 });
  },
  'channel shuffle': (b, x) => {
    const groups = b.node('Reshape', [x, b.integers(-1, 2, 4, 8, 8)]);
    const swapped = b.node('Transpose', [groups], { perm: [0, 2, 1, 3, 4] });
    return b.node('Reshape', [swapped, b.integers(-1, 8, 8, 8)]);
  },
  'Pad with zeros': (b, x) => b.node('Pad', [x, b.integers(0, 0, 1, 1, 0, 0, 1, 1)]),
  'Pad with a number': (b, x) => b.node('Pad', [x, b.integers(0, 0, 1, 1, 0, 0, 1, 1), b.number(0.5)]),
  'Pad, reflected': (b, x) => b.node('Pad', [x, b.integers(0, 0, 1, 1, 0, 0, 1, 1)], { mode: 'reflect' }),
  'Resize to the nearest': (b, x) =>
    b.node('Resize', [x, '', b.numbers(1, 1, 2, 2)], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  'Resize, linear': (b, x) =>
    b.node('Resize', [x, '', b.numbers(1, 1, 2, 2)], { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }),
  'pixel shuffle after Conv': (b, x) =>
    b.node('DepthToSpace', [b.convolution(x, [8, 8, 3, 3], padded)], { blocksize: 2, mode: 'CRD' }),
  LeakyRelu: (b, x) => b.node('LeakyRelu', [b.convolution(x, [8, 8, 3, 3], padded)], { alpha: float(0.1) }),
  PRelu: (b, x) => b.node('PRelu', [b.convolution(x, [8, 8, 3, 3], padded), b.floats([8, 1, 1], 0.3)]),
  BatchNormalization: (b, x) =>
    b.node('BatchNormalization', [x, b.floats([8]), b.floats([8]), b.floats([8]), b.numbers(1, 2, 1, 1, 3, 1, 1, 2)]),
  InstanceNormalization: (b, x) => b.node('InstanceNormalization', [x, b.floats([8]), b.floats([8])]),
  LayerNormalization: (b, x) => b.node('LayerNormalization', [x, b.floats([8]), b.floats([8])], { axis: -1 }),
  Softmax: (b, x) => b.node('Softmax', [x], { axis: 1 }),
  attention: (b, x) => {
    const rows = b.node('Reshape', [x, b.integers(-1, 8, 64)]);
    const turned = b.node('Transpose', [rows], { perm: [0, 2, 1] });
    const scores = b.node('Softmax', [b.node('MatMul', [rows, turned])], { axis: -1 });
    return b.node('MatMul', [scores, rows]);
  },
};

/** The network of a motif between convolutions. */
export function motifNetwork(name: string): ModelProto {
  const b = new MotifBuilder();
  const x = b.node('Relu', [b.convolution('x', [8, 3, 3, 3], padded)]);
  const y = motifs[name]!(b, x);
  return b.model([2, 3, 8, 8], b.node('Flatten', [y]));
}
