import type { ConvolutionShape } from '../gdws/shape';
import { elementCount } from '../onnx/value';
import type { BuiltProgram } from '../program/built-program';
import { toNativeConstants, type NativeConstants } from '../program/constant-pool';
import { nativeTypes } from '../program/element-type';
import { encodeProgram } from '../program/encode';
import { gdwsInPlaceOf } from '../program/gdws-operation';
import type { Operation, ValueId } from '../program/operation';
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
  /** Number of the next constant: in one session, constants of one number are the same weights. */
  private nextConstant: number;

  constructor(
    private readonly built: BuiltProgram,
    private readonly layers: readonly PlacedLayer[],
  ) {
    const constants = toNativeConstants(built.constants);
    this.dense = { words: encodeProgram(built.program), constants, ownBytes: 0 };
    this.nextConstant = Math.max(-1, ...constants.keys()) + 1;
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
    const constant = (dims: readonly number[], summands: number): ValueId => {
      const index = this.nextConstant++;
      // Weights that preserve the variance of their inputs: denormal numbers would be slow.
      const data = noise(elementCount(dims), Math.sqrt(3 / summands));
      ownBytes += data.byteLength;
      constants.set(index, { type: nativeTypes.indexOf('float32'), data });
      return program.addValue({ type: 'float32', dims, storage: 'constant', index });
    };
    for (const { shape, operations: numbers } of this.layers) {
      const counts = unevenCounts(shape, stepsAt(shape, level));
      const total = counts.reduce((sum, count) => sum + count, 0);
      const [, , ...kernel] = values[operations[numbers[0]!]!.inputs[1]!]!.dims;
      const depthwise = constant([total, 1, ...kernel], elementCount(kernel));
      const pointwise = constant([shape.outputChannels, total / shape.groups, 1, 1], total / shape.groups);
      for (const number of numbers) {
        const convolution = operations[number] as Operation<'convolution'>;
        program.operations[number] = gdwsInPlaceOf(convolution, { depthwise, pointwise, kernels: Array.from(counts) });
      }
    }
    return { words: encodeProgram(program), constants, ownBytes };
  }
}
