import type { Constant } from '../../src/onnx/value';
import { toNativeConstants, type NativeConstants } from '../../src/program/constant-pool';
import { encodeProgram } from '../../src/program/encode';
import { operationOf, type ValueId } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { seededUniform, uniformArray } from '../networks/random';
import { elementsOf, nameOf, weightsOf, type Layer } from './layer';

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
  const data = layer.inputs.map((dims, input) => seededNumbers(elementsOf(dims), input + 1));

  const constant = (input: number): ValueId | undefined => {
    const dims = layer.inputs[input];
    if (!dims) return undefined;
    const index = constants.size;
    constants.set(index, { type: 'float32', dims: [...dims], data: data[input]! });
    return program.addValue({ type: 'float32', dims, storage: 'constant', index });
  };
  const shared = layer.inputs.map((_, input) => (weights.includes(input) ? undefined : constant(input)));
  const sets = Array.from({ length: copies }, () =>
    layer.inputs.map((_, input) => (weights.includes(input) ? constant(input) : shared[input])),
  );
  for (let repetition = 0; repetition < repetitions; ++repetition) {
    const result = program.addValue({ type: 'float32', dims: layer.output, storage: 'temporary', index: -1 });
    const origin = { node: nameOf(layer), operator: layer.opcode };
    program.operations.push(operationOf(layer.opcode, sets[repetition % copies]!, [result], origin, layer.attributes));
  }
  return { words: encodeProgram(program), constants: toNativeConstants(constants) };
}

/** Numbers in [-1, 1), which no kernel treats in a special way; the same block of them again and again. */
function seededNumbers(count: number, seed: number): Float32Array {
  const block = uniformArray(seededUniform(seed), Math.min(count, 2 ** 16), 1);
  const numbers = new Float32Array(count);
  for (let at = 0; at < count; at += block.length) numbers.set(block.subarray(0, count - at), at);
  return numbers;
}
