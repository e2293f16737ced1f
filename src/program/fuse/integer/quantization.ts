import { createHash } from 'node:crypto';
import { isFloat, toFloat32 } from '../../../onnx/floats';
import { elementCount, sameDims, type Constant } from '../../../onnx/value';
import { addConstant, type BuiltProgram } from '../../built-program';
import {
  byteLimits,
  isByteType,
  newBytes,
  quantizedByte,
  type ByteType,
  type UniformQuantization,
} from '../../byte-quantization';
import type { ConstantPool } from '../../constant-pool';
import type { Operation, ProgramOperation, ValueId } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';

/** Scales and zero points of a quantized tensor: one of each, or as many as the axis is long. */
export interface Quantization {
  readonly scales: Float32Array;
  /** 0 for each where the model has none. */
  readonly zeroPoints: Int32Array;
  readonly axis: number;
}

/** Constant bytes that an operation reads as dequantized, with a scale and a zero point for each output channel. */
export interface QuantizedWeights {
  readonly bytes: ValueId;
  readonly constant: Constant;
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
}

/** A float value that is dequantized from bytes. */
export interface Dequantized extends UniformQuantization {
  readonly bytes: ValueId;
}

/** What the patterns of quantized operations know of a program: its constants, scales and zero points. */
export class QuantizedProgram {
  constructor(
    private readonly built: BuiltProgram,
    readonly pool: ConstantPool,
    private readonly rewriter: ProgramRewriter,
  ) {}

  constantOf(id: ValueId | undefined): Constant | undefined {
    const value = id === undefined ? undefined : this.built.program.values[id];
    const constant = value?.storage === 'constant' ? this.built.constants.get(value.index) : undefined;
    // Its elements may be seen with other dims elsewhere.
    return constant && { ...constant, dims: value!.dims };
  }

  /** A constant made from others by a rule, once for all programs of the session. */
  derived(rule: string, of: readonly Constant[], make: () => Constant): ValueId {
    const sources = of.map((one) => `${this.pool.numberOf(one)}:${one.dims.join('x')}`);
    return this.enter(this.pool.derive([rule, ...sources].join(), make));
  }

  /** A short constant, which all programs of the session share with others of the same elements. */
  constant(constant: Constant): ValueId {
    const digest = digestOf(constant.data as Uint8Array);
    return this.enter(this.pool.derive([constant.type, ...constant.dims, digest].join(), () => constant));
  }

  private enter(constant: Constant): ValueId {
    return addConstant(this.built, this.pool, constant);
  }

  /** The same constant with other dims. */
  view(id: ValueId, dims: readonly number[]): ValueId {
    const value = this.built.program.values[id]!;
    return sameDims(value.dims, dims) ? id : this.built.program.addValue({ ...value, dims });
  }

  /** A value that an operation is to write. */
  temporary(type: 'float32' | ByteType, dims: readonly number[]): ValueId {
    return this.built.program.addValue({ type, dims, storage: 'temporary', index: -1 });
  }

  /** Undefined where scales or zero points are computed in the run. */
  quantizationOf({ inputs, attributes: { axis } }: Operation<'quantize' | 'dequantize'>): Quantization | undefined {
    const scale = this.constantOf(inputs[1]);
    const zeroPoint = this.constantOf(inputs[2]);
    if (!scale || (inputs[2] !== undefined && !zeroPoint)) return undefined;
    const scales = toFloat32(scale);
    const zeroPoints = zeroPoint ? Int32Array.from(zeroPoint.data as Uint8Array) : new Int32Array(scales.length);
    return { scales, zeroPoints, axis };
  }

  /** How an operation quantizes its input; undefined unless one constant scale and zero point are for the whole tensor. */
  uniformOf(operation: Operation<'quantize' | 'dequantize'>): UniformQuantization | undefined {
    const isQuantize = operation.opcode === 'quantize';
    const { type } = this.rewriter.valueOf(isQuantize ? operation.outputs[0]! : operation.inputs[0]!);
    const quantization = this.quantizationOf(operation);
    if (!isByteType(type) || quantization?.scales.length !== 1) return undefined;
    return { type, scale: quantization.scales[0]!, zeroPoint: quantization.zeroPoints[0]! };
  }

  /** The bytes, computed in the run, that a float value is dequantized from. */
  bytesOf(id: ValueId | undefined): Dequantized | undefined {
    const operand = this.operandOf(id);
    return operand && this.rewriter.valueOf(operand.bytes).storage !== 'constant' ? operand : undefined;
  }

  /** The bytes, constant or not, that a float value is dequantized from. */
  operandOf(id: ValueId | undefined): Dequantized | undefined {
    const before = this.rewriter.producerOf(id);
    if (before?.opcode !== 'dequantize') return undefined;
    const uniform = this.uniformOf(before);
    return uniform && { ...uniform, bytes: before.inputs[0]! };
  }

  /** Constant bytes that a float value is dequantized from, by the channels of an axis. */
  weightsOf(id: ValueId | undefined, channelAxis: number): QuantizedWeights | undefined {
    const seen = this.rewriter.producerOf(id);
    const before = seen?.opcode === 'alias' ? this.rewriter.producerOf(seen.inputs[0]) : seen;
    if (before?.opcode !== 'dequantize') return undefined;
    const whole = this.constantOf(before.inputs[0]);
    const quantization = this.quantizationOf(before);
    if (!whole || !quantization || !isByteType(whole.type)) return undefined;
    const { scales, zeroPoints, axis } = quantization;
    const constant = { ...whole, dims: this.rewriter.valueOf(id!).dims };
    const bytes = this.view(before.inputs[0]!, constant.dims);
    const channels = constant.dims[channelAxis]!;
    if (scales.length === 1) {
      return {
        bytes,
        constant,
        scales: new Float32Array(channels).fill(scales[0]!),
        zeroPoints: new Int32Array(channels).fill(zeroPoints[0]!),
      };
    }
    // With other dims, the same elements must still be those of a channel.
    const isSame = elementCount(whole.dims.slice(axis + 1)) === elementCount(constant.dims.slice(channelAxis + 1));
    return isSame && scales.length === channels ? { bytes, constant, scales, zeroPoints } : undefined;
  }

  /** The floats of a constant, which may be dequantized. */
  floatsOf(id: ValueId | undefined): Float32Array | undefined {
    const before = this.rewriter.producerOf(id);
    if (before?.opcode === 'dequantize') return this.dequantizedConstant(before);
    const constant = this.constantOf(id);
    return constant && isFloat(constant.type) ? toFloat32(constant) : undefined;
  }

  /** What an operation dequantizes from a constant, with one scale or one for each element. */
  dequantizedConstant(operation: Operation<'dequantize'>): Float32Array | undefined {
    const constant = this.constantOf(operation.inputs[0]);
    const quantization = this.quantizationOf(operation);
    if (!constant || !quantization) return undefined;
    const { scales, zeroPoints, axis } = quantization;
    const inner = elementCount(constant.dims.slice(axis + 1));
    const bytes = constant.data as Int32Array;
    // A loop: TypedArray.from with a function lists all elements on JavaScript's heap.
    const floats = new Float32Array(bytes.length);
    for (let i = 0; i < floats.length; i++) {
      const channel = scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length;
      floats[i] = (bytes[i]! - zeroPoints[channel]!) * scales[channel]!;
    }
    return floats;
  }

  /** Zero points of weights as an operation's operand; absent where all are 0. */
  zeroPointsOperand({ constant: { type }, zeroPoints }: QuantizedWeights): ValueId | undefined {
    if (zeroPoints.every((zero) => zero === 0)) return undefined;
    return this.constant(byteConstant(type as ByteType, [zeroPoints.length], zeroPoints));
  }

  /** A bias in units of sums as an operation's operand; absent where all are 0. */
  biasOperand(bias: Int32Array): ValueId | undefined {
    if (bias.every((one) => one === 0)) return undefined;
    return this.constant({ type: 'int32', dims: [bias.length], data: bias });
  }

  /** A zero point as an operation's operand (1); absent where it is 0. */
  zeroPointOperand({ type, zeroPoint }: UniformQuantization): ValueId | undefined {
    return zeroPoint === 0 ? undefined : this.constant(byteConstant(type, [1], [zeroPoint]));
  }
}

export function byteConstant(type: ByteType, dims: readonly number[], numbers: ArrayLike<number>): Constant {
  const data = newBytes(type, numbers.length);
  data.set(numbers);
  return { type, dims, data };
}

/** A hash of all elements. */
export function digestOf({ buffer, byteOffset, byteLength }: Uint8Array | Int32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('base64');
}

/** The numbers of a byte type in the order of their bits without sign, as tables have them. */
export function byteNumbers(type: ByteType): number[] {
  return Array.from({ length: 256 }, (_, code) => (type === 'int8' && code > 127 ? code - 256 : code));
}

/** Whether a number can be a scale of bytes. */
export function isScale(x: number): boolean {
  return x > 0 && x < Infinity;
}

/** A quantization, where functions before it that only limit their argument are taken as limits of its bytes. */
export interface LimitedQuantization {
  readonly quantization: Operation<'quantize'>;
  readonly y: UniformQuantization;
  /** What is limited and quantized. */
  readonly source: ValueId;
  /** What computes the source, which nothing else reads. */
  readonly before: ProgramOperation;
  readonly least: number;
  readonly most: number;
  /** The functions, which the limits stand for. */
  readonly limiting: readonly ProgramOperation[];
}

/**
 * A quantization by one scale of the result of an operation that nothing else reads; undefined where it is none. Looks through
 * Relu and Clip between: rounding keeps the order, so their bounds are bytes.
 */
export function limitedQuantization(
  operation: ProgramOperation,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): LimitedQuantization | undefined {
  if (operation.opcode !== 'quantize') return undefined;
  const y = quantized.uniformOf(operation);
  if (!y) return undefined;
  let { least, most } = byteLimits[y.type];
  let source = operation.inputs[0]!;
  const limiting: ProgramOperation[] = [];
  let before = rewriter.soleProducerOf(source);
  while (before?.opcode === 'unary') {
    const { function: name, a, b } = before.attributes;
    if (name !== 'relu' && (name !== 'clip' || !(a <= b))) break;
    const within = (byte: number) => Math.min(Math.max(byte, least), most);
    const bounds = name === 'relu' ? [0, Infinity] : [a, b];
    [least, most] = bounds.map((bound) => within(quantizedByte(bound, y))) as [number, number];
    source = before.inputs[0]!;
    limiting.push(before);
    before = rewriter.soleProducerOf(source);
  }
  return before && { quantization: operation, y, source, before, least, most, limiting };
}
