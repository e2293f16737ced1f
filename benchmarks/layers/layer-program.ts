import { arrayOfType, type Constant, type NumberArray } from '../../src/onnx/value';
import { toNativeConstants, type NativeConstants } from '../../src/program/constant-pool';
import { encodeProgram } from '../../src/program/encode';
import { operationOf, type ValueId } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { seededUniform, uniformArray } from '../networks/random';
import { elementsOf, nameOf, weightsOf, type Layer, type LayerValue } from './layer';

/** As a session's `compile` takes it. */
export interface EncodedProgram {
  readonly words: Int32Array;
  readonly constants: NativeConstants;
}

/**
 * A program that computes one layer `repetitions` times from the same input, with `copies` sets of weights in turn. It has
 * neither inputs nor outputs, so that a run copies nothing; the results are written one over the other, as the memory plan
 * of a network does.
 */
export function layerProgram(layer: Layer, copies: number, repetitions: number): EncodedProgram {
  const program = new Program();
  const constants = new Map<number, Constant>();
  const weights = weightsOf(layer);
  const isQuantized = layer.opcode.startsWith('integer');
  const data = layer.inputs.map((value, input) => value && seededNumbers(value, input + 1, isQuantized));

  const constant = (input: number): ValueId | undefined => {
    const value = layer.inputs[input];
    if (!value) return undefined;
    const index = constants.size;
    constants.set(index, { ...value, data: data[input]! });
    return program.addValue({ ...value, storage: 'constant', index });
  };
  const shared = layer.inputs.map((_, input) => (weights.includes(input) ? undefined : constant(input)));
  const sets = Array.from({ length: copies }, () =>
    layer.inputs.map((_, input) => (weights.includes(input) ? constant(input) : shared[input])),
  );
  for (let repetition = 0; repetition < repetitions; ++repetition) {
    const result = program.addValue({ ...layer.output, storage: 'temporary', index: -1 });
    const origin = { node: nameOf(layer), operator: layer.opcode };
    program.operations.push(operationOf(layer.opcode, sets[repetition % copies]!, [result], origin, layer.attributes));
  }
  return { words: encodeProgram(program), constants: toNativeConstants(constants) };
}

/**
 * Numbers that no kernel treats in a special way: floats in [-1, 1) or, where they are scales of sums, of the usual size,
 * and any bytes; the same block of them again and again.
 */
function seededNumbers({ type, dims }: LayerValue, seed: number, areScales: boolean): NumberArray {
  const count = elementsOf(dims);
  const block = uniformArray(seededUniform(seed), Math.min(count, 2 ** 16), 1);
  const array = arrayOfType[type];
  const numbers =
    type === 'float32'
      ? block.map((one) => (areScales ? (1 + Math.abs(one)) / 1000 : one))
      : array.from(block.map((one) => Math.floor((type === 'int32' ? 1000 : 127) * Math.abs(one))));
  const all = new array(count) as Float32Array;
  for (let at = 0; at < count; at += block.length) all.set((numbers as Float32Array).subarray(0, count - at), at);
  return all;
}
