import type { ConvolutionShape } from '../gdws/shape';
import { elementCount } from '../onnx/value';
import type { BuiltProgram } from '../program/built-program';
import { toNativeConstants, type NativeConstants } from '../program/constant-pool';
import { nativeTypes, type NativeType } from '../program/element-type';
import { encodeProgram } from '../program/encode';
import { gdwsInPlaceOf, integerGdwsInPlaceOf } from '../program/gdws-operation';
import type { ValueId } from '../program/operation';
import { Program } from '../program/program';
import { stepsAt, unevenCounts } from './levels';
import { noise } from './noise';

/** A layer's place in a program. */
export interface PlacedLayer {
  readonly shape: ConvolutionShape;
  /** Numbers of its operations: one for each node that shares its weights. */
  readonly operations: readonly number[];
  /** Equal for layers that compute the same on maps of the same size. */
  readonly kind: string;
}

/** Arguments of a session's `compile`. */
export interface CompilableProgram {
  readonly words: Int32Array;
  readonly constants: NativeConstants;
  /** Size of the weights that the dense network does not have. */
  readonly ownBytes: number;
}

/** The dense network's program, and programs with its layers as GDWS, with random weights. */
export class LeveledProgram {
  readonly dense: CompilableProgram;
  /** Programs of the dense network in other formats. */
  readonly others: readonly CompilableProgram[];
  /** Number of the next constant: in one session, constants of one number are the same weights. */
  private nextConstant: number;

  constructor(
    private readonly built: BuiltProgram,
    private readonly layers: readonly PlacedLayer[],
    others: readonly BuiltProgram[] = [],
  ) {
    this.dense = compilable(built);
    this.others = others.map(compilable);
    const numbers = [this.dense, ...this.others].flatMap(({ constants }) => [...constants.keys()]);
    this.nextConstant = Math.max(-1, ...numbers) + 1;
  }

  /** Every layer as GDWS at this level. Operations keep their numbers. */
  at(level: number): CompilableProgram {
    const { values, inputs, outputs, operations } = this.built.program;
    const program = new Program();
    program.values.push(...values);
    program.inputs.push(...inputs);
    program.outputs.push(...outputs);
    program.operations = [...operations];
    const constants = new Map(this.dense.constants);
    let ownBytes = 0;
    const constant = (type: NativeType, dims: readonly number[], data: Float32Array | Int8Array): ValueId => {
      const index = this.nextConstant++;
      ownBytes += data.byteLength;
      constants.set(index, { type: nativeTypes.indexOf(type), data });
      return program.addValue({ type, dims, storage: 'constant', index });
    };
    const floats = (dims: readonly number[], summands: number): ValueId =>
      // Weights that preserve the variance of their inputs: denormal numbers would be slow.
      constant('float32', dims, noise(elementCount(dims), Math.sqrt(3 / summands)));
    const integers = (dims: readonly number[]): ValueId =>
      constant('int8', dims, Int8Array.from(noise(elementCount(dims), 127)));
    for (const { shape, operations: numbers } of this.layers) {
      const counts = unevenCounts(shape, stepsAt(shape, level));
      const total = counts.reduce((sum, count) => sum + count, 0);
      const [, , ...kernel] = values[operations[numbers[0]!]!.inputs[1]!]!.dims;
      const [depthwiseDims, pointwiseDims] = [
        [total, 1, ...kernel],
        [shape.outputChannels, total / shape.groups, 1, 1],
      ];
      const kernels = Array.from(counts);
      const stages = once(() => ({
        depthwise: floats(depthwiseDims, elementCount(kernel)),
        pointwise: floats(pointwiseDims, total / shape.groups),
        kernels,
      }));
      const integerStages = once(() => ({
        depthwise: integers(depthwiseDims),
        pointwise: integers(pointwiseDims),
        kernels,
        // A power of two, as quantization chooses it.
        depthwiseScale: constant('float32', [total], new Float32Array(total).fill(1 / 256)),
      }));
      for (const number of numbers) {
        const convolution = operations[number]!;
        if (convolution.opcode === 'convolution') program.operations[number] = gdwsInPlaceOf(convolution, stages());
        if (convolution.opcode === 'integerConvolution') {
          program.operations[number] = integerGdwsInPlaceOf(convolution, integerStages());
        }
      }
    }
    return { words: encodeProgram(program), constants, ownBytes };
  }
}

function compilable({ program, constants }: BuiltProgram): CompilableProgram {
  return { words: encodeProgram(program), constants: toNativeConstants(constants), ownBytes: 0 };
}

/** A value that is made when it is first asked for. */
function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}
