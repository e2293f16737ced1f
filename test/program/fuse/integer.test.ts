import { native } from '../../../src/addon/native';
import type { Constant } from '../../../src/onnx/value';
import { constantOf } from '../../../src/operators/elements';
import { ConstantPool, toNativeConstants } from '../../../src/program/constant-pool';
import type { NativeType } from '../../../src/program/element-type';
import { encodeProgram } from '../../../src/program/encode';
import { fuse } from '../../../src/program/fuse/fuse';
import { separableStages } from '../../../src/program/fuse/separable-stages';
import type {
  Attributes,
  BinaryName,
  GivenAttributes,
  OpcodeName,
  Operation,
  ValueId,
} from '../../../src/program/operation';
import { Program } from '../../../src/program/program';
import { ProgramWriter } from '../../../src/program/program-writer';
import { Random } from '../../operators/random';

type ByteType = 'uint8' | 'int8';

/** Of a whole tensor. Scales are powers of 2, so that floats are exact. */
interface Quantization {
  readonly type: ByteType;
  readonly scale: number;
  readonly zeroPoint: number;
}

const u8: Quantization = { type: 'uint8', scale: 1 / 32, zeroPoint: 120 };
const s8: Quantization = { type: 'int8', scale: 1 / 16, zeroPoint: -3 };
const wide: Quantization = { type: 'uint8', scale: 1 / 4, zeroPoint: 100 };

interface Convolved {
  readonly groups?: number;
  readonly size?: number;
  readonly weights?: ValueId;
  readonly bias?: ValueId;
}

/** A program with quantized operands under construction. */
class Draft {
  readonly program = new Program();
  readonly constants = new Map<number, Constant>();
  readonly pool = new ConstantPool();
  private readonly writer = new ProgramWriter(this.program, { node: 'n', operator: 'Test' });
  private readonly random = new Random(8);

  constant(constant: Constant): ValueId {
    const index = this.pool.numberOf(constant);
    this.constants.set(index, constant);
    return this.writer.numbered(constant.type as NativeType, constant.dims, index);
  }

  floats(...numbers: number[]): ValueId {
    return this.constant(constantOf('float32', [numbers.length], numbers));
  }

  input(type: NativeType, ...dims: number[]): ValueId {
    return this.writer.input(type, dims);
  }

  emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: (ValueId | undefined)[],
    dims: readonly number[],
    attributes: GivenAttributes<Opcode>,
    type: NativeType = 'float32',
  ): ValueId {
    return (this.writer.emit as (...all: unknown[]) => ValueId)(opcode, inputs, dims, attributes, type);
  }

  dims(id: ValueId): readonly number[] {
    return this.writer.dimsOf(id);
  }

  private parameters({ type, scale, zeroPoint }: Quantization): ValueId[] {
    return [this.floats(scale), this.constant(constantOf(type, [1], [zeroPoint]))];
  }

  dequantize(bytes: ValueId, by: Quantization): ValueId {
    return this.emit('dequantize', [bytes, ...this.parameters(by)], this.dims(bytes), { axis: 0 });
  }

  quantize(x: ValueId, by: Quantization): ValueId {
    return this.emit('quantize', [x, ...this.parameters(by)], this.dims(x), { axis: 0 }, by.type);
  }

  /** An input of bytes, dequantized. */
  bytes(by: Quantization, ...dims: number[]): ValueId {
    return this.dequantize(this.input(by.type, ...dims), by);
  }

  /** A float value that goes through bytes. */
  through(x: ValueId, by: Quantization): ValueId {
    return this.dequantize(this.quantize(x, by), by);
  }

  /** Dequantized weights; a scale for each channel of the first axis. */
  weights(
    dims: readonly number[],
    { type = 'int8', zeroPoint = 0, axis = 0 }: { type?: ByteType; zeroPoint?: number; axis?: number } = {},
  ): ValueId {
    const count = dims[axis]!;
    const bytes = this.random.integers(dims, type === 'int8' ? -127 : 0, type === 'int8' ? 127 : 255, type);
    const scales = Array.from({ length: count }, (_, m) => 2 ** -(6 + (m % 3)));
    const zeros = zeroPoint === 0 ? [] : [constantOf(type, [count], new Array<number>(count).fill(zeroPoint))];
    const inputs = [bytes, constantOf('float32', [count], scales), ...zeros].map((one) => this.constant(one));
    return this.emit('dequantize', inputs, dims, { axis });
  }

  /** Of stride 1, which keeps the size of maps. */
  convolution(x: ValueId, outputs: number, { groups = 1, size = 3, weights, bias }: Convolved = {}): ValueId {
    const [images, channels, ...spatial] = this.dims(x) as [number, number, number, number];
    const pad = (size - 1) / 2;
    const inputs = [x, weights ?? this.weights([outputs, channels / groups, size, size]), bias];
    const attributes = { groups, strides: [1, 1], dilations: [1, 1], pads: [pad, pad, pad, pad] };
    return this.emit('convolution', inputs, [images, outputs, ...spatial], attributes);
  }

  unary(name: Attributes<'unary'>['function'], x: ValueId, a = 0, b = 0): ValueId {
    return this.emit('unary', [x], this.dims(x), { function: name, a, b });
  }

  binary(name: BinaryName, a: ValueId, b: ValueId): ValueId {
    const rank = Math.max(this.dims(a).length, this.dims(b).length);
    const [one, other] = [a, b].map((id) => {
      const dims = this.dims(id);
      return [...new Array<number>(rank - dims.length).fill(1), ...dims];
    }) as [number[], number[]];
    return this.emit(
      'binary',
      [a, b],
      one.map((dim, i) => Math.max(dim, other[i]!)),
      { function: name },
    );
  }

  gather(x: ValueId, indices: readonly number[]): ValueId {
    const index = this.constant(constantOf('int64', [indices.length], indices));
    return this.emit('gather', [x, index], this.dims(x).with(1, indices.length), { axis: 1 });
  }

  concat(...pieces: ValueId[]): ValueId {
    const channels = pieces.reduce((sum, id) => sum + this.dims(id)[1]!, 0);
    return this.emit('concat', pieces, this.dims(pieces[0]!).with(1, channels), { axis: 1 });
  }

  pad(x: ValueId, value: number): ValueId {
    const [images, channels, height, width] = this.dims(x) as [number, number, number, number];
    return this.emit('pad', [x], [images, channels, height + 2, width + 1], { begins: [0, 0, 1, 1], value });
  }

  output(...ids: ValueId[]): void {
    this.program.outputs.push(...ids);
  }

  opcodes(): string[] {
    return this.program.operations.map(({ opcode }) => opcode);
  }

  of<Opcode extends OpcodeName>(opcode: Opcode): Operation<Opcode> {
    return this.program.operations.find((operation) => operation.opcode === opcode) as Operation<Opcode>;
  }

  /** By the plain loops. */
  run(): (Float32Array | Uint8Array)[] {
    const { program } = this;
    const random = new Random(5);
    const inputs = program.inputs.map((id) => {
      const { type, dims } = program.values[id]!;
      if (type === 'float32') return random.floats(dims, 0.25, 0.75).data as Float32Array;
      return random.integers(dims, type === 'int8' ? -128 : 0, type === 'int8' ? 127 : 255, type).data as Uint8Array;
    });
    const arrays = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };
    return native()
      .createSession(1, 'reference', false)
      .compile(encodeProgram(program), [...toNativeConstants(this.constants)])
      .runSync(inputs)
      .map((bytes, i) => new arrays[program.values[program.outputs[i]!]!.type as 'uint8'](bytes));
  }
}

/** Makes a program twice, fuses one, and expects the same bytes, from these operations. */
function expectFusion(build: (draft: Draft) => void, fused: readonly string[]): Draft {
  const [plain, draft] = [new Draft(), new Draft()];
  build(plain);
  build(draft);
  fuse(draft, draft.pool);
  expect(draft.opcodes()).toEqual(fused);
  const expected = plain.run();
  draft.run().forEach((actual, output) => {
    const wanted = expected[output]!;
    if (wanted instanceof Float32Array) {
      wanted.forEach((one, i) => expect(Math.abs(one - actual[i]!)).toBeLessThanOrEqual(1e-5 * Math.abs(one)));
    } else {
      expect(actual).toEqual(wanted);
      // Not all at one limit, which would hide mistakes.
      expect(new Set(wanted).size).toBeGreaterThan(1);
    }
  });
  return draft;
}

const maps = [2, 4, 5, 6] as const;
const quantizedAs = (draft: Draft, x: ValueId, by = wide) => draft.output(draft.quantize(x, by));

describe('a convolution of bytes', () => {
  test('limited, to bytes', () => {
    const draft = expectFusion(
      (d) => {
        const limited = d.unary('clip', d.unary('relu', d.convolution(d.bytes(u8, ...maps), 3)), -1, 6);
        quantizedAs(d, limited);
      },
      ['integerConvolution'],
    );
    expect(draft.of('integerConvolution').attributes).toMatchObject({ zeroPoint: 100, least: 100, most: 124 });
  });

  test('to floats', () => {
    expectFusion((d) => d.output(d.convolution(d.bytes(s8, ...maps), 3)), ['integerConvolution']);
  });

  test('whose float result is an output too, or is read twice', () => {
    expectFusion(
      (d) => {
        const convolved = d.convolution(d.bytes(u8, ...maps), 3);
        quantizedAs(d, convolved);
        d.output(convolved);
      },
      ['integerConvolution', 'quantize'],
    );
    expectFusion(
      (d) => {
        const convolved = d.convolution(d.bytes(u8, ...maps), 3);
        quantizedAs(d, convolved);
        quantizedAs(d, d.unary('relu', convolved));
      },
      ['integerConvolution', 'quantize', 'unary', 'quantize'],
    );
  });

  test('and bytes that are added, on either side', () => {
    for (const isFirst of [true, false]) {
      const draft = expectFusion(
        (d) => {
          const [x, other] = [d.bytes(u8, ...maps), d.bytes(s8, 2, 3, 5, 6)];
          const convolved = d.convolution(x, 3);
          const sum = isFirst ? d.binary('add', convolved, other) : d.binary('add', other, convolved);
          quantizedAs(d, d.unary('relu', sum));
        },
        ['integerConvolution'],
      );
      expect(draft.of('integerConvolution').attributes).toMatchObject({ sumsBytes: false, residualZeroPoint: -3 });
    }
  });

  test('whose own bytes are added to others', () => {
    for (const isFirst of [true, false]) {
      const draft = expectFusion(
        (d) => {
          const convolved = d.through(d.unary('relu', d.convolution(d.bytes(u8, ...maps), 3)), wide);
          const other = d.bytes(s8, 2, 3, 5, 6);
          quantizedAs(d, isFirst ? d.binary('add', convolved, other) : d.binary('add', other, convolved));
        },
        ['integerConvolution'],
      );
      expect(draft.of('integerConvolution').attributes).toMatchObject({
        sumsBytes: true,
        residualZeroPoint: -3,
        innerLeast: 0,
        innerMost: 155,
      });
    }
  });

  test('whose own bytes are read with another zero point than they were made with', () => {
    expectFusion(
      (d) => {
        const bytes = d.quantize(d.convolution(d.bytes(u8, ...maps), 3), wide);
        const other = d.bytes(s8, 2, 3, 5, 6);
        quantizedAs(d, d.binary('add', d.dequantize(bytes, { ...wide, zeroPoint: 90 }), other));
      },
      ['integerConvolution', 'integerBinary'],
    );
  });

  test('and a sum that repeats one of its sides', () => {
    expectFusion(
      (d) => {
        quantizedAs(d, d.binary('add', d.convolution(d.bytes(u8, ...maps), 3), d.bytes(s8, 1, 3, 1, 1)));
      },
      ['integerConvolution', 'dequantize', 'binary', 'quantize'],
    );
    expectFusion(
      (d) => {
        quantizedAs(d, d.binary('add', d.convolution(d.bytes(u8, ...maps), 1), d.bytes(s8, 2, 3, 5, 6)));
      },
      ['integerConvolution', 'dequantize', 'binary', 'quantize'],
    );
    expectFusion(
      (d) => {
        const convolved = d.through(d.convolution(d.bytes(u8, ...maps), 1), wide);
        quantizedAs(d, d.binary('add', convolved, d.bytes(s8, 2, 3, 5, 6)));
      },
      ['integerConvolution', 'integerBinary'],
    );
  });

  test('of weights that are not quantized', () => {
    expectFusion(
      (d) => {
        const weights = d.constant(new Random(3).floats([3, 4, 3, 3]));
        d.output(d.convolution(d.bytes(u8, ...maps), 3, { weights }));
      },
      ['dequantize', 'convolution'],
    );
  });

  test('of floats by quantized weights, which become floats', () => {
    expectFusion((d) => d.output(d.convolution(d.input('float32', ...maps), 3)), ['convolution']);
  });

  test('with a scale for each channel of the data', () => {
    expectFusion(
      (d) => {
        const x = d.input('uint8', ...maps);
        const scaled = d.emit('dequantize', [x, d.floats(0.5, 0.25, 0.125, 1)], maps, { axis: 1 });
        quantizedAs(d, d.convolution(scaled, 3));
      },
      ['dequantize', 'convolution', 'quantize'],
    );
  });

  test('with scales that are computed in the run', () => {
    expectFusion(
      (d) => {
        const x = d.emit('dequantize', [d.input('uint8', ...maps), d.input('float32', 1)], maps, { axis: 0 });
        d.output(d.convolution(x, 3));
      },
      ['dequantize', 'convolution'],
    );
    expectFusion(
      (d) => {
        const convolved = d.convolution(d.bytes(u8, ...maps), 3);
        d.output(d.emit('quantize', [convolved, d.input('float32', 1)], d.dims(convolved), { axis: 0 }, 'uint8'));
      },
      ['integerConvolution', 'quantize'],
    );
  });

  test('of so many channels that sums may not fit', () => {
    const channels = 66_400;
    expectFusion(
      (d) => {
        const weights = d.dequantize(
          d.constant(constantOf('int8', [2, channels, 1, 1], new Array<number>(2 * channels).fill(127))),
          { type: 'int8', scale: 2 ** -12, zeroPoint: 0 },
        );
        const x = d.bytes({ ...u8, scale: 2 ** -10 }, 1, channels, 1, 1);
        d.output(d.convolution(x, 2, { size: 1, weights }));
      },
      ['dequantize', 'convolution'],
    );
  });

  test('with a bias that does not fit', () => {
    expectFusion(
      (d) => {
        const bias = d.floats(1e9, 2, 3);
        d.output(d.convolution(d.bytes(u8, ...maps), 3, { bias }));
      },
      ['integerConvolution', 'binary'],
    );
  });

  test('whose unit is so many steps of the result that no float32 has the number', () => {
    expectFusion(
      (d) => {
        const weights = d.dequantize(d.constant(constantOf('int8', [1, 4, 1, 1], [0, 0, 0, 1])), {
          type: 'int8',
          scale: 1,
          zeroPoint: 0,
        });
        const x = d.bytes({ type: 'uint8', scale: 1, zeroPoint: 3 }, 2, 4, 16, 16);
        quantizedAs(d, d.convolution(x, 1, { size: 1, weights }), { ...wide, scale: 2 ** -135 });
      },
      ['integerConvolution', 'quantize'],
    );
  });

  test('with a bias of less than the unit of its sums', () => {
    expectFusion(
      (d) => {
        const weights = d.dequantize(d.constant(constantOf('int8', [1, 4, 1, 1], [0, 0, 0, 1])), {
          type: 'int8',
          scale: 1,
          zeroPoint: 0,
        });
        const x = d.bytes({ type: 'uint8', scale: 1, zeroPoint: 3 }, ...maps);
        d.output(d.convolution(x, 1, { size: 1, weights, bias: d.floats(0.375) }));
      },
      ['integerConvolution', 'binary'],
    );
  });

  test('with a bias that its unit shifts by a sixteenth of a step at most, or by more', () => {
    const shifted = (scale: number, bias: number) => {
      const draft = new Draft();
      const weights = draft.dequantize(draft.constant(constantOf('int8', [1, 4, 1, 1], [1, 5, 0, -1])), {
        type: 'int8',
        scale: 1,
        zeroPoint: 0,
      });
      const x = draft.bytes({ type: 'uint8', scale: 1, zeroPoint: 3 }, ...maps);
      quantizedAs(draft, draft.convolution(x, 1, { size: 1, weights, bias: draft.floats(bias) }), { ...u8, scale });
      fuse(draft, draft.pool);
      return draft.opcodes();
    };
    expect(shifted(8, 7.5)).toEqual(['integerConvolution']);
    expect(shifted(4, 7.25)).toEqual(['integerConvolution']);
    expect(shifted(7.9, 7.5)).toEqual(['integerConvolution', 'binary', 'quantize']);
    expect(shifted(0.1, 7)).toEqual(['integerConvolution']);
  });

  test('of one spatial axis, whose weights are seen with two', () => {
    expectFusion(
      (d) => {
        const weights = d.emit('alias', [d.weights([3, 4, 5])], [3, 4, 1, 5], {});
        const window = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
        d.output(d.emit('convolution', [d.bytes(u8, 2, 4, 1, 9), weights, undefined], [2, 3, 1, 5], window));
      },
      ['integerConvolution'],
    );
  });

  test('with limits in the wrong order', () => {
    expectFusion(
      (d) => {
        quantizedAs(
          d,
          d.binary('add', d.unary('clip', d.convolution(d.bytes(u8, ...maps), 3), 2, 1), d.bytes(s8, 2, 3, 5, 6)),
        );
      },
      ['integerConvolution', 'unary', 'dequantize', 'binary', 'quantize'],
    );
  });
});

describe('Gather, depthwise and pointwise convolutions of bytes', () => {
  const separable =
    (
      indices: number[] | undefined,
      {
        groups = 1,
        type = 'int8',
        zeroPoint = 0,
        read = wide,
      }: { groups?: number; type?: ByteType; zeroPoint?: number; read?: Quantization } = {},
    ) =>
    (d: Draft) => {
      const x = d.bytes(u8, ...maps);
      const gathered = indices ? d.gather(x, indices) : x;
      const rows = d.dims(gathered)[1]!;
      const depthwise = d.convolution(gathered, rows, {
        groups: rows,
        weights: d.weights([rows, 1, 3, 3], { type, zeroPoint }),
      });
      const features = d.dequantize(d.quantize(d.unary('relu', depthwise), wide), read);
      quantizedAs(d, d.convolution(features, 6, { size: 1, groups }));
    };

  test.each([
    ['without a gather', undefined],
    ['in order', [0, 0, 2, 2]],
    ['in any order, counted from the end too', [3, 0, -1, 1, 0, 3]],
  ])('%s', (_, indices) => {
    const draft = expectFusion(separable(indices), ['integerGdws']);
    const all = indices ?? [0, 1, 2, 3];
    const counts = [0, 1, 2, 3].map((c) => all.filter((index) => (index + 4) % 4 === c).length);
    expect(draft.of('integerGdws').attributes).toMatchObject({
      kernels: counts,
      featureZeroPoint: 100,
      featureLeast: 100,
      featureMost: 255,
    });
  });

  test('with a grouped pointwise stage, in order or not', () => {
    expectFusion(separable([0, 1, 1, 3], { groups: 2 }), ['integerGdws']);
    expectFusion(separable([1, 0, 1, 3], { groups: 2 }), ['gather', 'integerConvolution', 'integerConvolution']);
  });

  test('whose weights less their zero points are int8, or are not', () => {
    const both = ['integerConvolution', 'integerConvolution'];
    expectFusion(separable([2, 0, 1], { type: 'uint8', zeroPoint: 128 }), ['integerGdws']);
    expectFusion(separable(undefined, { type: 'uint8', zeroPoint: 20 }), both);
    expectFusion(separable(undefined, { zeroPoint: 60 }), both);
  });

  test('whose features are read with another zero point', () => {
    const read = { ...wide, zeroPoint: 99 };
    expectFusion(separable(undefined, { read }), ['integerConvolution', 'integerConvolution']);
  });

  test('where the gather makes an axis', () => {
    expectFusion(
      (d) => {
        const x = d.bytes(u8, 2, 4, 6);
        const index = d.constant(constantOf('int64', [3, 2], [0, 1, 2, 3, 1, 2]));
        const gathered = d.emit('gather', [x, index], [2, 3, 2, 6], { axis: 1 });
        const features = d.through(d.convolution(gathered, 3, { groups: 3 }), wide);
        quantizedAs(d, d.convolution(features, 5, { size: 1 }));
      },
      ['gather', 'integerGdws'],
    );
  });

  test('where something else reads the features', () => {
    expectFusion(
      (d) => {
        const features = d.quantize(d.convolution(d.bytes(u8, ...maps), 4, { groups: 4 }), wide);
        quantizedAs(d, d.convolution(d.dequantize(features, wide), 3, { size: 1 }));
        d.output(features);
      },
      ['integerConvolution', 'integerConvolution'],
    );
  });
});

describe('a product of bytes', () => {
  const product = (
    d: Draft,
    x: ValueId,
    weights: ValueId,
    { transposeB = false, bias = undefined as ValueId | undefined, alpha = 1 } = {},
  ) => {
    const [rows, columns] = [d.dims(x), d.dims(weights).at(transposeB ? -2 : -1)!];
    return d.emit('matmul', [x, weights, bias], rows.with(-1, columns), { transposeA: false, transposeB, alpha });
  };

  test('by a matrix, as it is or transposed', () => {
    for (const transposeB of [false, true]) {
      const shape = transposeB ? [3, 7] : [7, 3];
      const matrix = (d: Draft) => d.weights(shape, { axis: transposeB ? 0 : 1 });
      expectFusion(
        (d) => {
          const bias = d.floats(0.5, -1, 0.25);
          quantizedAs(d, d.unary('relu', product(d, d.bytes(u8, 4, 7), matrix(d), { transposeB, bias, alpha: 0.5 })));
        },
        ['alias', 'integerConvolution', 'alias'],
      );
      expectFusion(
        (d) => d.output(product(d, d.bytes(s8, 4, 7), matrix(d), { transposeB })),
        ['alias', 'integerConvolution', 'alias'],
      );
    }
  });

  test('with a scale for each row of the matrix', () => {
    expectFusion((d) => d.output(product(d, d.bytes(s8, 4, 7), d.weights([7, 3]))), ['dequantize', 'matmul']);
  });

  test('by a matrix that is transposed or sliced before it', () => {
    const moved = (d: Draft, weights: ValueId, dims: readonly number[], strides: readonly number[], offset = 0) =>
      d.emit('strided', [weights], dims, { offset, strides });
    // A scale for each row, which is a column then.
    const draft = expectFusion(
      (d) => d.output(product(d, d.bytes(s8, 4, 7), moved(d, d.weights([3, 7]), [7, 3], [1, 7]))),
      ['alias', 'integerConvolution', 'alias'],
    );
    expect(draft.program.values.filter(({ type }) => type === 'float32').map(({ dims }) => dims)).toContainEqual([3]);
    expectFusion(
      (d) => d.output(product(d, d.bytes(s8, 4, 5), moved(d, d.weights([7, 3], { axis: 1 }), [5, 3], [3, 1], 6))),
      ['alias', 'integerConvolution', 'alias'],
    );
    const square = (axis: number) => (d: Draft) =>
      d.output(product(d, d.bytes(s8, 4, 3), moved(d, d.weights([3, 3], { axis }), [3, 3], [1, 3])));
    expectFusion(square(0), ['alias', 'integerConvolution', 'alias']);
    expectFusion(square(1), ['dequantize', 'matmul']);
    // Some of the scales, and some numbers twice.
    const sliced = (d: Draft) => moved(d, d.weights([7, 3], { axis: 1 }), [7, 2], [3, 1]);
    expectFusion((d) => d.output(product(d, d.bytes(s8, 4, 7), sliced(d))), ['dequantize', 'strided', 'matmul']);
    const repeated = (d: Draft) => moved(d, d.weights([7, 1]), [7, 2], [1, 0]);
    expectFusion((d) => d.output(product(d, d.bytes(s8, 4, 7), repeated(d))), ['dequantize', 'strided', 'matmul']);
  });

  test('by many parts of a matrix, or transposed many times, of which two copies are made', () => {
    const count = 9;
    const weights = (d: Draft) =>
      d.dequantize(d.constant(new Random(4).integers([6, 6], -9, 9, 'int8')), { ...s8, zeroPoint: 0 });
    const moved = (d: Draft, from: ValueId, dims: readonly number[], strides: readonly number[], offset: number) =>
      d.emit('strided', [from], dims, { offset, strides });
    // Four of them are as much as two copies.
    const [parts, chain] = [new Draft(), new Draft()];
    const whole = weights(parts);
    for (let i = 0; i < count; i++) {
      const part = moved(parts, whole, [3, 6], [6, 1], i);
      parts.output(product(parts, parts.bytes(s8, 4, 3), part), moved(parts, whole, [3, 6], [6, 1], i));
    }
    let last = weights(chain);
    for (let i = 0; i < count; i++) {
      last = moved(chain, last, [6, 6], [1, 6], 0);
      chain.output(product(chain, chain.bytes(s8, 4, 6), last));
    }
    for (const [draft, left] of [
      [parts, 2 * (count - 4)],
      [chain, count - 2],
    ] as const) {
      fuse(draft, draft.pool);
      expect(draft.opcodes().filter((opcode) => opcode === 'strided')).toHaveLength(left);
    }
  });

  test('by a matrix, and a constant for each column that is added', () => {
    expectFusion(
      (d) => {
        const weights = d.dequantize(d.constant(new Random(2).integers([7, 3], -9, 9, 'int8')), {
          ...s8,
          scale: 1 / 64,
          zeroPoint: 0,
        });
        const sum = d.binary('add', d.floats(0.5, -2, 1), product(d, d.bytes(s8, 2, 4, 7), weights));
        quantizedAs(d, d.unary('relu', sum), s8);
      },
      ['alias', 'integerConvolution', 'alias'],
    );
  });

  test('by several matrices', () => {
    expectFusion(
      (d) => {
        const weights = d.dequantize(d.constant(new Random(2).integers([2, 7, 3], -9, 9, 'int8')), {
          ...s8,
          zeroPoint: 0,
        });
        d.output(product(d, d.bytes(s8, 2, 4, 7), weights));
      },
      ['dequantize', 'matmul'],
    );
  });
});

describe('what is computed element by element', () => {
  test.each(['add', 'sub', 'mul'] as const)('%s of bytes, which may be repeated', (name) => {
    for (const dims of [maps, [1, 4, 1, 1], [2, 1, 5, 1]]) {
      expectFusion(
        (d) => quantizedAs(d, d.unary('relu', d.binary(name, d.bytes(u8, ...maps), d.bytes(s8, ...dims)))),
        ['integerBinary'],
      );
    }
  });

  test('of bytes and constant bytes', () => {
    for (const name of ['add', 'sub', 'mul'] as const) {
      for (const dims of [
        [1, 4, 1, 1],
        [2, 1, 5, 6],
      ]) {
        const constant = (d: Draft) => d.dequantize(d.constant(new Random(2).integers(dims, -99, 99, 'int8')), s8);
        expectFusion((d) => quantizedAs(d, d.binary(name, d.bytes(u8, ...maps), constant(d))), ['integerBinary']);
        expectFusion((d) => quantizedAs(d, d.binary(name, constant(d), d.bytes(u8, ...maps))), ['integerBinary']);
      }
    }
  });

  test('of bytes and constant floats for each pixel stays in floats', () => {
    expectFusion(
      (d) => quantizedAs(d, d.binary('add', d.bytes(u8, ...maps), d.constant(new Random(3).floats([5, 6])))),
      ['dequantize', 'binary', 'quantize'],
    );
  });

  test.each(['add', 'sub', 'mul', 'div', 'pow', 'min', 'max', 'prelu'] as const)(
    '%s of bytes and one constant, on either side, is a table',
    (name) => {
      for (const dims of [[], [1, 1, 1, 1]]) {
        const number = constantOf('float32', dims, [2]);
        const by = { ...u8, scale: 1 / 8, zeroPoint: 90 };
        expectFusion((d) => quantizedAs(d, d.binary(name, d.bytes(by, ...maps), d.constant(number)), s8), ['table']);
        if (name === 'pow' || name === 'prelu') continue;
        expectFusion((d) => quantizedAs(d, d.binary(name, d.constant(number), d.bytes(by, ...maps)), s8), ['table']);
      }
    },
  );

  test('a constant for each channel makes tables, unless these are large for what goes through them', () => {
    const prelu = (channels: number, size: number) => (d: Draft) => {
      const slopes = d.constant(new Random(7).floats([channels, 1, 1]));
      quantizedAs(d, d.unary('relu', d.binary('prelu', d.bytes(s8, 1, channels, size, size), slopes)), wide);
    };
    expectFusion(prelu(128, 2), ['table']);
    expectFusion(prelu(129, 16), ['table']);
    expectFusion(prelu(129, 15), ['dequantize', 'binary', 'quantize']);
    const scaled = (channels: number, size: number) => (d: Draft) => {
      const operands = [1, 2].map((seed) => d.constant(new Random(seed).floats([channels])));
      const dims = [1, channels, size, size];
      quantizedAs(d, d.emit('scaleShift', [d.bytes(s8, ...dims), ...operands], dims, {}), wide);
    };
    expectFusion(scaled(128, 2), ['table']);
    expectFusion(scaled(129, 16), ['table']);
    expectFusion(scaled(129, 15), ['dequantize', 'scaleShift', 'quantize']);
  });

  test('a constant that makes the result larger is no function of each element', () => {
    expectFusion(
      (d) => quantizedAs(d, d.binary('prelu', d.bytes(s8, 1, 1, 32, 32), d.constant(new Random(1).floats([3, 1, 1])))),
      ['dequantize', 'binary', 'quantize'],
    );
  });

  test('functions of the same bytes are one function', () => {
    const one = (d: Draft, number: number) => d.floats(number);
    const y = { ...s8, scale: 1 / 8 };
    expectFusion(
      (d) => {
        const x = d.bytes(s8, ...maps);
        quantizedAs(d, d.binary('mul', x, d.unary('hardSigmoid', x, 0.25, 0.5)), y);
      },
      ['table'],
    );
    // x·clip(x + 3, 0, 4) / 4, of bytes that are dequantized twice.
    expectFusion(
      (d) => {
        const bytes = d.input('int8', ...maps);
        const gate = d.unary('clip', d.binary('add', d.dequantize(bytes, s8), one(d, 3)), 0, 4);
        quantizedAs(d, d.binary('div', d.binary('mul', gate, d.dequantize(bytes, s8)), one(d, 4)), y);
      },
      ['table'],
    );
  });

  test('functions of other bytes, or of the same with another scale, are not', () => {
    const both = (d: Draft, a: ValueId, b: ValueId) => quantizedAs(d, d.binary('max', d.unary('abs', a), b));
    expectFusion(
      (d) => both(d, d.bytes(s8, ...maps), d.bytes(s8, ...maps)),
      ['dequantize', 'dequantize', 'unary', 'binary', 'quantize'],
    );
    expectFusion(
      (d) => {
        const bytes = d.input('int8', ...maps);
        both(d, d.dequantize(bytes, s8), d.dequantize(bytes, { ...s8, scale: 1 / 32 }));
      },
      ['dequantize', 'dequantize', 'unary', 'binary', 'quantize'],
    );
    expectFusion(
      (d) => {
        const shared = d.unary('abs', d.bytes(s8, ...maps));
        quantizedAs(d, d.binary('sub', shared, d.unary('neg', shared)));
      },
      ['dequantize', 'unary', 'unary', 'binary', 'quantize'],
    );
  });

  test('very many functions in each other stay in floats', () => {
    const chain = (count: number) => (d: Draft) => {
      let x = d.bytes(s8, ...maps);
      for (let i = 0; i < count; i++) x = d.unary('neg', x);
      quantizedAs(d, x);
    };
    expectFusion(chain(32), ['table']);
    expectFusion(chain(33), ['dequantize', ...new Array<string>(33).fill('unary'), 'quantize']);
  });

  test('functions become a table', () => {
    expectFusion(
      (d) => quantizedAs(d, d.unary('clip', d.unary('leakyRelu', d.bytes(s8, ...maps), 0.5), -1, 3)),
      ['table'],
    );
    expectFusion((d) => quantizedAs(d, d.bytes(s8, ...maps)), ['table']);
  });

  test('a table that changes nothing is left out', () => {
    expectFusion(
      (d) => {
        const again = d.through(d.through(d.unary('relu', d.bytes(s8, ...maps)), wide), wide);
        quantizedAs(d, again);
      },
      ['table', 'alias'],
    );
    expectFusion((d) => quantizedAs(d, d.bytes(s8, ...maps), s8), ['alias']);
  });

  test('a function that something else reads is no part of a table', () => {
    expectFusion(
      (d) => {
        const sigmoid = d.unary('relu', d.bytes(s8, ...maps));
        quantizedAs(d, sigmoid);
        d.output(sigmoid);
      },
      ['dequantize', 'unary', 'quantize'],
    );
  });
});

test('a step of the result by which no float32 can be divided', () => {
  const tiny = { ...wide, scale: 2 ** -135 };
  expectFusion(
    (d) => quantizedAs(d, d.binary('add', d.bytes(u8, ...maps), d.bytes(s8, ...maps)), tiny),
    ['dequantize', 'dequantize', 'binary', 'quantize'],
  );
  expectFusion(
    (d) => {
      const mean = d.emit('reduce', [d.bytes(u8, 2, 4, 4, 4)], [2, 4, 1, 1], { function: 'mean', axes: [2, 3] });
      quantizedAs(d, mean, tiny);
    },
    ['dequantize', 'reduce', 'quantize'],
  );
});

test.each([
  ['a product', 2 ** -80, (d: Draft, x: ValueId) => d.binary('mul', x, d.bytes({ ...s8, scale: 2 ** -80 }, ...maps))],
  [
    'a mean',
    2 ** -149,
    (d: Draft, x: ValueId) => d.emit('reduce', [x], [2, 4, 1, 1], { function: 'mean', axes: [2, 3] }),
  ],
] as const)('%s of scales that are 0 in steps of the result', (_, scale, make) => {
  const draft = new Draft();
  quantizedAs(draft, make(draft, draft.bytes({ ...u8, scale }, ...maps)), { ...wide, scale: 16 });
  fuse(draft, draft.pool);
  expect(draft.opcodes().at(-1)).toBe('quantize');
  const [results] = draft.run();
  expect(new Set(results)).toEqual(new Set([wide.zeroPoint]));
});

describe('a transposed convolution of bytes', () => {
  interface Transposed {
    readonly size: number;
    readonly kernel: number;
    readonly strides: readonly [number, number];
    readonly dilation: number;
    readonly begin: number;
    readonly width: number;
  }
  const transposed = (d: Draft, { size, kernel, strides, dilation, begin, width }: Transposed) => {
    const x = d.bytes(u8, 2, 4, 2, size);
    const weights = d.weights([4, 3, 2, kernel], { type: 'uint8', zeroPoint: 117, axis: 1 });
    const attributes = { groups: 2, strides, dilations: [1, dilation], pads: [0, begin, 0, 0] };
    return d.emit('convolutionTranspose', [x, weights], [2, 6, strides[0] + 2, width], attributes);
  };

  test('with windows of any place, also beyond the map', () => {
    const random = new Random(21);
    for (let i = 0; i < 400; i++) {
      const [size, kernel, stride] = [random.integer(1, 3), random.integer(1, 4), random.integer(1, 4)];
      const [dilation, begin] = [random.integer(1, 4), random.integer(0, 6)];
      const of = {
        size,
        kernel,
        strides: [1 + (i % 2), stride],
        dilation,
        begin,
        width: random.integer(1, 9),
      } as const;
      const [plain, draft] = [new Draft(), new Draft()];
      for (const d of [plain, draft]) quantizedAs(d, transposed(d, of));
      fuse(draft, draft.pool);
      expect(draft.opcodes()).toContain('integerConvolution');
      expect(draft.opcodes()).not.toContain('convolutionTranspose');
      expect({ ...of, y: draft.run() }).toEqual({ ...of, y: plain.run() });
    }
  });

  test('is one convolution where all phases read the same, and one for each where not', () => {
    const of = { size: 4, dilation: 1, begin: 0 };
    expectFusion(
      (d) => quantizedAs(d, transposed(d, { ...of, kernel: 2, strides: [2, 2], width: 8 })),
      ['integerConvolution', 'strided', 'alias'],
    );
    expectFusion(
      (d) => quantizedAs(d, d.unary('relu', transposed(d, { ...of, kernel: 3, strides: [2, 2], width: 9 }))),
      [...new Array<string>(4).fill('integerConvolution'), 'concat', 'strided', 'strided'],
    );
    expectFusion(
      (d) => quantizedAs(d, transposed(d, { ...of, kernel: 3, strides: [1, 1], width: 6 })),
      ['integerConvolution'],
    );
  });

  test('to floats', () => {
    const of = { size: 4, kernel: 4, strides: [2, 2], dilation: 1, begin: 1, width: 8 } as const;
    expectFusion(
      (d) => d.output(transposed(d, of)),
      [...new Array<string>(4).fill('integerConvolution'), 'concat', 'strided', 'alias'],
    );
  });

  test('of strides with very many phases stays in floats', () => {
    const of = { size: 4, kernel: 2, strides: [9, 8], dilation: 1, begin: 0, width: 26 } as const;
    expectFusion((d) => quantizedAs(d, transposed(d, of)), ['dequantize', 'convolutionTranspose', 'quantize']);
  });

  test('of kernels with very many taps stays in floats', () => {
    for (const [kernel, fused] of [
      [2 ** 16, 'integerConvolution'],
      [2 ** 16 + 1, 'convolutionTranspose'],
    ] as const) {
      const d = new Draft();
      const weights = d.dequantize(d.constant(constantOf('int8', [1, 1, 1, kernel], new Int8Array(kernel))), s8);
      const attributes = { groups: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
      quantizedAs(d, d.emit('convolutionTranspose', [d.bytes(u8, 1, 1, 1, 1), weights], [1, 1, 1, kernel], attributes));
      fuse(d, d.pool);
      expect(d.opcodes()).toContain(fused);
    }
  });
});

test('very many kernels of a depthwise convolution make no GDWS convolution', () => {
  expect(separableStages(2 ** 20 + 1, 1, 1, undefined)).toBeUndefined();
  expect(separableStages(1, 1, 2 ** 20 + 1, undefined)).toBeUndefined();
  expect(separableStages(2, 2, 2, BigInt64Array.of(-1n, 0n))).toEqual({
    kernels: [1, 1],
    order: [1, 0],
    isSorted: false,
  });
});

test('weights are never listed on the heap of JavaScript, where very many do not fit', () => {
  const count = 2 ** 12;
  const d = new Draft();
  const maps = [1, 16, 2, 2];
  const attributes = { groups: 1, strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] };
  const taps = d.weights([16, 64, 3, 3], { type: 'uint8', zeroPoint: 117, axis: 1 });
  quantizedAs(d, d.emit('convolutionTranspose', [d.bytes(u8, ...maps), taps], [1, 64, 5, 5], attributes));
  const depthwise = d.convolution(d.bytes(u8, ...maps), 16, {
    groups: 16,
    size: 17,
    weights: d.weights([16, 1, 17, 17], { type: 'uint8', zeroPoint: 128 }),
  });
  quantizedAs(d, d.convolution(d.through(d.unary('relu', depthwise), wide), 8, { size: 1 }));
  d.output(d.binary('add', d.input('float32', 64, 64), d.weights([64, 64])));
  const slopes = d.constant(new Random(7).floats([16, 1, 1]));
  quantizedAs(d, d.binary('prelu', d.bytes(s8, ...maps), slopes));

  let [listed, pushed] = [0, 0];
  const watch = (owner: object, name: string, count: (all: unknown[]) => void) => {
    const original = Reflect.get(owner, name) as (...all: unknown[]) => unknown;
    Reflect.set(owner, name, function (this: unknown, ...all: unknown[]) {
      count(all);
      return Reflect.apply(original, this, all);
    });
    return () => Reflect.set(owner, name, original);
  };
  const lengthOf = (list: unknown) => (list as Partial<ArrayLike<unknown>>).length ?? 0;
  const restore = [
    // With a function, it lists the elements first, unless what it is given is no iterable.
    watch(Object.getPrototypeOf(Float32Array) as object, 'from', ([from, each]) => {
      if (each && Symbol.iterator in (from as object)) listed = Math.max(listed, lengthOf(from));
    }),
    watch(Array, 'from', ([from]) => (listed = Math.max(listed, lengthOf(from)))),
    watch(Array.prototype, 'push', (all) => (pushed += all.length)),
  ];
  try {
    fuse(d, d.pool);
  } finally {
    for (const undo of restore) undo();
  }
  for (const opcode of ['integerConvolution', 'integerGdws', 'table', 'binary'] as const)
    expect(d.opcodes()).toContain(opcode);
  expect(Math.max(listed, pushed)).toBeLessThan(count);
});

describe('means of bytes', () => {
  const window = { kernel: [2, 2], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], countIncludePad: true };

  test('over windows', () => {
    expectFusion(
      (d) => quantizedAs(d, d.emit('averagePool', [d.bytes(u8, ...maps)], [2, 4, 4, 5], window)),
      ['integerAveragePool'],
    );
  });

  const byMaps = ['alias', 'integerAveragePool', 'alias'];
  const mean = (d: Draft, x: ValueId, dims: readonly number[], axes: readonly number[]) =>
    d.emit('reduce', [x], dims, { function: 'mean', axes });

  test.each([
    ['maps', [2, 4, 1, 1], [2, 3]],
    ['maps, the last axis first', [2, 4, 1, 1], [3, 2]],
    ['channels', [2, 1, 4, 4], [1]],
    ['images and channels', [1, 1, 4, 4], [0, 1]],
    ['images, channels and rows', [1, 1, 1, 4], [0, 1, 2]],
  ])('over %s', (_, dims, axes) => {
    const by = { ...u8, scale: 1 / 256 };
    expectFusion((d) => quantizedAs(d, mean(d, d.bytes(u8, 2, 4, 4, 4), dims, axes), by), byMaps);
  });

  test('over solid maps', () => {
    expectFusion((d) => quantizedAs(d, mean(d, d.bytes(s8, 2, 3, 2, 4, 2), [2, 3, 1, 1, 1], [2, 3, 4]), s8), byMaps);
  });

  test('that are limited', () => {
    const by = { ...u8, scale: 1 / 256 };
    for (const [x, y] of [
      [u8, by],
      [s8, { ...by, type: 'int8', zeroPoint: -20 }],
    ] as const) {
      const limited = (d: Draft, id: ValueId) => quantizedAs(d, d.unary('clip', d.unary('relu', id), -1, 0.25), y);
      expectFusion((d) => limited(d, mean(d, d.bytes(x, 2, 4, 4, 4), [2, 4, 1, 1], [2, 3])), [...byMaps, 'table']);
      expectFusion(
        (d) => limited(d, d.emit('averagePool', [d.bytes(x, ...maps)], [2, 4, 4, 5], window)),
        ['integerAveragePool', 'table'],
      );
    }
  });

  test('over maps without pixels', () => {
    const draft = new Draft();
    const mean = { function: 'mean', axes: [2, 3] } as const;
    quantizedAs(draft, draft.emit('reduce', [draft.bytes(u8, 2, 4, 0, 5)], [2, 4, 1, 1], mean));
    fuse(draft, draft.pool);
    expect(draft.opcodes()).toEqual(['dequantize', 'reduce', 'quantize']);
    expect(draft.run()).toHaveLength(1);
  });

  test('over axes apart, and sums', () => {
    expectFusion(
      (d) => quantizedAs(d, mean(d, d.bytes(u8, 2, 4, 4, 4), [2, 1, 4, 1], [1, 3]), u8),
      ['dequantize', 'reduce', 'quantize'],
    );
    expectFusion(
      (d) => {
        quantizedAs(d, d.emit('reduce', [d.bytes(u8, 2, 4, 2, 2)], [2, 4, 1, 1], { function: 'sum', axes: [2, 3] }));
      },
      ['dequantize', 'reduce', 'quantize'],
    );
  });
});

describe('what moves elements moves bytes', () => {
  test('and leaves their numbers to what reads them', () => {
    expectFusion(
      (d) => {
        const padded = d.pad(d.gather(d.bytes(u8, ...maps), [3, 1, 1]), 0);
        quantizedAs(d, d.convolution(padded, 3));
      },
      ['gather', 'pad', 'integerConvolution'],
    );
  });

  test('which are dequantized after it where the floats are an output', () => {
    expectFusion((d) => d.output(d.pad(d.bytes(u8, ...maps), -0)), ['pad', 'dequantize']);
  });

  test('and padding by another number than 0 where they are quantized again', () => {
    expectFusion((d) => quantizedAs(d, d.pad(d.bytes(u8, ...maps), 0.5)), ['table', 'pad']);
    expectFusion((d) => quantizedAs(d, d.unary('clip', d.pad(d.bytes(u8, ...maps), 9), 0, 2)), ['table', 'pad']);
    expectFusion((d) => d.output(d.pad(d.bytes(u8, ...maps), 0.5)), ['dequantize', 'pad']);
  });

  test('and the largest along axes is that of bytes', () => {
    const largest = (d: Draft, x: ValueId, dims: readonly number[], axes: readonly number[]) =>
      d.emit('reduce', [x], dims, { function: 'max', axes });
    for (const [dims, axes] of [
      [
        [2, 4, 1, 1],
        [2, 3],
      ],
      [[2, 1, 5, 6], [1]],
    ] as const) {
      expectFusion(
        (d) => quantizedAs(d, largest(d, d.bytes(s8, ...maps), dims, axes), s8),
        ['alias', 'maxPool', 'alias', 'alias'],
      );
    }
    expectFusion((d) => d.output(largest(d, d.input('float32', ...maps), [2, 4, 1, 1], [2, 3])), ['reduce']);
  });

  test('after computations, before these are quantized', () => {
    const transposed = (d: Draft, x: ValueId) =>
      d.emit('strided', [x], [2, 3, 6, 5], { offset: 0, strides: [90, 30, 1, 6] });
    const draft = expectFusion(
      (d) => {
        const moved = d.pad(transposed(d, d.unary('relu', d.convolution(d.bytes(u8, ...maps), 3))), 0.75);
        quantizedAs(d, d.unary('clip', moved, -1, 9));
      },
      ['integerConvolution', 'strided', 'pad'],
    );
    expect(draft.of('pad').attributes).toMatchObject({ value: 103 });
    expect(draft.of('integerConvolution').attributes).toMatchObject({ least: 100, most: 136 });
    expectFusion(
      (d) => quantizedAs(d, d.unary('relu', d.concat(d.convolution(d.bytes(u8, ...maps), 3), d.bytes(s8, ...maps)))),
      ['integerConvolution', 'table', 'concat'],
    );
    expectFusion(
      (d) => quantizedAs(d, d.concat(d.gather(d.bytes(u8, ...maps), [1, 0]), d.pad(d.bytes(s8, 2, 1, 3, 5), 1))),
      ['gather', 'table', 'pad', 'table', 'concat'],
    );
    const pooled = (pad: number, dilation: number) => (d: Draft) => {
      const window = { kernel: [2, 2], strides: [2, 1], dilations: [1, dilation], pads: [1, pad, 1, pad] };
      const dims = [2, 3, 3, 6 + 2 * pad - dilation];
      quantizedAs(d, d.unary('relu', d.emit('maxPool', [d.convolution(d.bytes(u8, ...maps), 3)], dims, window)));
    };
    expectFusion(pooled(1, 1), ['integerConvolution', 'maxPool']);
    // Its first window along rows has padding alone, which is 0 here.
    expectFusion(pooled(3, 2), ['integerConvolution', 'maxPool', 'unary', 'quantize']);
    // The moved floats are an output too.
    expectFusion(
      (d) => {
        const moved = transposed(d, d.convolution(d.bytes(u8, ...maps), 3));
        quantizedAs(d, moved);
        d.output(moved);
      },
      ['integerConvolution', 'strided', 'quantize'],
    );
  });

  test('of a concatenation of the same scales', () => {
    expectFusion(
      (d) => quantizedAs(d, d.convolution(d.concat(d.bytes(u8, ...maps), d.bytes(u8, 2, 1, 5, 6)), 3)),
      ['concat', 'integerConvolution'],
    );
  });

  test('of a concatenation of other scales, which is quantized again', () => {
    expectFusion(
      (d) => quantizedAs(d, d.concat(d.bytes(u8, ...maps), d.bytes(s8, ...maps), d.bytes(wide, ...maps))),
      ['table', 'table', 'concat'],
    );
    const other = { ...u8, zeroPoint: 121 };
    expectFusion(
      (d) => d.output(d.concat(d.bytes(u8, ...maps), d.bytes(other, ...maps))),
      ['dequantize', 'dequantize', 'concat'],
    );
    expectFusion(
      (d) => quantizedAs(d, d.concat(d.bytes(u8, ...maps), d.input('float32', 2, 1, 5, 6))),
      ['dequantize', 'concat', 'quantize'],
    );
  });
});
