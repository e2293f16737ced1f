import { Tensor, type InferenceSession } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { numbers } from '../runtime/models';

type Node = Parameters<typeof makeNode>[0];
type Dims = (number | string)[];

/** A model of float32 inputs and outputs, with the dims of each. */
export function model(
  nodes: Node[],
  inputs: Record<string, Dims>,
  outputs: Record<string, Dims>,
  initializers: Record<string, Constant> = {},
): Uint8Array {
  const infos = (dims: Record<string, Dims>) =>
    Object.entries(dims).map(([name, one]) => makeValueInfo(name, 'float32', one));
  return encodeModel(
    makeModel({
      nodes: nodes.map((node) => makeNode(node)),
      inputs: infos(inputs),
      outputs: infos(outputs),
      initializers,
    }),
  );
}

/** x (n, 4) → y = x + x. */
export const doubling = () =>
  model([{ opType: 'Add', input: ['x', 'x'], output: ['y'] }], { x: ['n', 4] }, { y: ['n', 4] });

/** x (n, width) → y = x + x: shapes are open. */
export const doublingWidths = () =>
  model([{ opType: 'Add', input: ['x', 'x'], output: ['y'] }], { x: ['n', 'width'] }, { y: ['n', 'width'] });

/** Rows of x (rows, …) of random numbers. */
export function rowsOf(dims: readonly number[], seed: number): { x: Tensor } {
  return {
    x: new Tensor(
      'float32',
      numbers(
        dims.reduce((product, dim) => product * dim, 1),
        seed,
      ),
      dims,
    ),
  };
}

/** Feeds of x (rows, width), with a number in each element. */
export function numbered(number: number, rows = 1, width = 4): { x: Tensor } {
  return { x: new Tensor('float32', new Float32Array(rows * width).fill(number), [rows, width]) };
}

export const floatsOf = (results: Readonly<Record<string, Tensor>> | InferenceSession.ReturnType, name = 'y') =>
  (results[name] as Tensor).data as Float32Array;
