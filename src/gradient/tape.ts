import { elementCount, type Constant } from '../onnx/value';
import { broadcast } from '../operators/broadcast';
import { broadcastStrides } from '../operators/layout';
import type { ConstantPool, NativeConstants } from '../program/constant-pool';
import type { NativeConstant, NativeType } from '../program/element-type';
import type {
  BinaryName,
  CompareName,
  Origin,
  ProgramOperation,
  ReduceName,
  UnaryName,
  ValueId,
} from '../program/operation';
import { Program } from '../program/program';
import { ProgramWriter } from '../program/program-writer';

/**
 * Form of the gradient with respect to weights: that of every image, along the outermost axis; or, for convolutions, the sum of
 * its squares for every image and input channel, (N, C).
 */
export type GradientForm = 'perImage' | 'channelNorms';

/**
 * Writes the backward program of a forward program. Values of both programs have separate ids: gradients and results of emitting
 * methods are ids of the backward program, inputs and outputs of forward operations are ids of the forward one.
 */
export class Tape extends ProgramWriter {
  /** Forward values that the backward program reads, in the order of its inputs after the cotangent. */
  readonly saved: ValueId[] = [];
  private readonly savedIds = new Map<ValueId, ValueId>();
  private readonly contributions = new Map<ValueId, ValueId[]>();
  private readonly constantIds = new Map<string, ValueId>();
  private readonly producers: ReadonlyMap<ValueId, ProgramOperation>;

  constructor(
    readonly forward: Program,
    /** Those of the forward program; constants made here are added. */
    readonly constants: NativeConstants,
    /** Without one, constants are declared, but not made, and the program cannot be compiled. */
    private readonly pool: ConstantPool | undefined,
    private readonly wanted: ReadonlySet<ValueId>,
    private readonly forms: ReadonlyMap<ValueId, GradientForm>,
  ) {
    super(new Program(), { node: 'cotangent', operator: 'gradient' });
    this.producers = new Map(
      forward.operations.flatMap((operation) => operation.outputs.map((id) => [id, operation] as const)),
    );
  }

  /** Sets the forward operation that emitted operations belong to. */
  enter({ origin }: { readonly origin: Origin }): void {
    this.origin = origin;
  }

  /** Whether the gradient with respect to this forward value is needed. */
  wants(value: ValueId | undefined): value is ValueId {
    return value !== undefined && this.wanted.has(value);
  }

  /** The form of the gradient with respect to a value; by default the sum over all images, in its shape. */
  formOf(value: ValueId): GradientForm | undefined {
    return this.forms.get(value);
  }

  dims(forwardValue: ValueId): readonly number[] {
    return this.forward.values[forwardValue]!.dims;
  }

  type(forwardValue: ValueId): NativeType {
    return this.forward.values[forwardValue]!.type;
  }

  /** The operation that writes a forward value; undefined for constants and inputs. */
  producerOf(forwardValue: ValueId): ProgramOperation | undefined {
    return this.producers.get(forwardValue);
  }

  /** The elements of a forward value that is constant. */
  constantData(forwardValue: ValueId): NativeConstant['data'] | undefined {
    const value = this.forward.values[forwardValue]!;
    return value.storage === 'constant' ? this.constants.get(value.index)!.data : undefined;
  }

  /** Adds to the gradient with respect to a forward value. */
  add(value: ValueId | undefined, gradient: () => ValueId): void {
    if (!this.wants(value)) return;
    const list = this.contributions.get(value) ?? [];
    list.push(gradient());
    this.contributions.set(value, list);
  }

  /** The sum of all added gradients; `undefined` where no path leads from the value to the cotangent. */
  gradientOf(value: ValueId): ValueId | undefined {
    const list = this.contributions.get(value);
    if (!list) return undefined;
    const sum = list.reduce((a, b) => this.binary('add', a, b));
    this.contributions.set(value, [sum]);
    return sum;
  }

  /** A forward value for the backward program to read: a constant, or an input that the forward run fills. */
  use(value: ValueId): ValueId {
    let id = this.savedIds.get(value);
    if (id !== undefined) return id;
    const producer = this.producerOf(value);
    if (producer?.opcode === 'alias') {
      id = this.view(this.use(producer.inputs[0]!), this.dims(value));
    } else {
      const { type, dims, storage, index } = this.forward.values[value]!;
      if (storage === 'constant') id = this.program.addValue({ type, dims, storage, index });
      else {
        id = this.input(type, dims);
        this.saved.push(value);
      }
    }
    this.savedIds.set(value, id);
    return id;
  }

  /** Broadcast dims of values, which the forward program has checked to fit. */
  broadcast(...values: readonly ValueId[]): number[] {
    return broadcast(values.map((value) => this.dimsOf(value)))!;
  }

  unary(name: UnaryName, x: ValueId, a = 0, b = 0): ValueId {
    return this.emit('unary', [x], this.dimsOf(x), { function: name, a, b });
  }

  /** a·x + b */
  linear(x: ValueId, a: number, b = 0): ValueId {
    return this.unary('linear', x, a, b);
  }

  binary(name: BinaryName, a: ValueId, b: ValueId): ValueId {
    return this.emit('binary', [a, b], this.broadcast(a, b), { function: name });
  }

  mul(a: ValueId, b: ValueId): ValueId {
    return this.binary('mul', a, b);
  }

  compare(name: CompareName, a: ValueId, b: ValueId): ValueId {
    const dims = this.broadcast(a, b);
    return this.emit('compare', [a, b], dims, { function: name }, 'bool');
  }

  select(condition: ValueId, a: ValueId, b: ValueId): ValueId {
    const dims = this.broadcast(condition, a, b);
    return this.emit('select', [condition, a, b], dims);
  }

  reduce(name: ReduceName, x: ValueId, axes: readonly number[]): ValueId {
    if (axes.length === 0) return x;
    const dims = this.dimsOf(x).map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    return this.emit('reduce', [x], dims, { function: name, axes });
  }

  /** Repeats axes of 1 to reach `dims`, by numpy's rules. */
  expand(value: ValueId, dims: readonly number[]): ValueId {
    const from = this.dimsOf(value);
    if (elementCount(from) === elementCount(dims)) return this.view(value, dims);
    return this.emit('strided', [value], dims, { offset: 0, strides: broadcastStrides(from, dims) });
  }

  /** Sums over broadcast axes: the transpose of {@link expand}. */
  sumTo(value: ValueId, dims: readonly number[]): ValueId {
    const from = this.dimsOf(value);
    const padded = [...new Array<number>(from.length - dims.length).fill(1), ...dims];
    const axes = from.flatMap((dim, axis) => (padded[axis] === 1 && dim !== 1 ? [axis] : []));
    return this.view(this.reduce('sum', value, axes), dims);
  }

  constant(constant: Constant): ValueId {
    const type = constant.type === 'int32' ? 'int32' : 'float32';
    if (!this.pool) return this.declare(type, constant.dims);
    const index = this.pool.numberOf(constant);
    const key = `${index}:${constant.dims.join()}`;
    let id = this.constantIds.get(key);
    if (id === undefined) {
      this.constants.set(index, { type: type === 'int32' ? 2 : 0, data: constant.data as Float32Array });
      id = this.program.addValue({ type, dims: constant.dims, storage: 'constant', index });
      this.constantIds.set(key, id);
    }
    return id;
  }

  /** A constant filled with one number; of rank 0 where no dims are given. */
  filled(value: number, dims: readonly number[] = []): ValueId {
    const make = () => new Float32Array(elementCount(dims)).fill(value);
    return this.floats(`filled,${value},${dims.join()}`, dims, make);
  }

  /** A float constant made once for each key in the pool. */
  floats(key: string, dims: readonly number[], make: () => Float32Array): ValueId {
    return this.derived(key, 'float32', dims, make);
  }

  integers(key: string, dims: readonly number[], make: () => Int32Array): ValueId {
    return this.derived(key, 'int32', dims, make);
  }

  private derived(
    key: string,
    type: 'float32' | 'int32',
    dims: readonly number[],
    make: () => Float32Array | Int32Array,
  ): ValueId {
    if (!this.pool) return this.declare(type, dims);
    return this.constant(this.pool.derive(`gradient,${key}`, () => ({ type, dims: [...dims], data: make() })));
  }

  private declare(type: 'float32' | 'int32', dims: readonly number[]): ValueId {
    return this.program.addValue({ type, dims, storage: 'constant', index: -1 });
  }
}
