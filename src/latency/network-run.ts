import { Tensor } from 'onnxruntime-common';
import type { NativeProgram } from '../addon/native';
import { checkFeeds, toNativeFeed, toTensor } from '../engine/feeds';
import type { Graph } from '../graph/graph';
import { fromFloat32, isFloat } from '../onnx/floats';
import { arrayOfType, elementCount, type KnownValue, type ValueType } from '../onnx/value';
import { noise } from './noise';

/** A function that runs programs of one graph on random inputs, with all steps of `InferenceSession.run`. */
export function runnerOf(
  graph: Graph,
  values: ReadonlyMap<string, KnownValue>,
): (program: NativeProgram) => Promise<void> {
  const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, madeUp(values.get(name)!)]));
  const outputs = graph.outputs.map(({ name }) => values.get(name)!);
  return async (program) => {
    checkFeeds(graph, feeds);
    const buffers = await program.run(graph.inputs.map(({ name }) => toNativeFeed(feeds[name]!))).done;
    outputs.forEach((output, index) => toTensor(output, buffers[index]!));
  };
}

/** Random floats; zeros for integers, which are often indices. */
function madeUp({ type, dims }: ValueType): Tensor {
  const count = elementCount(dims);
  if (isFloat(type)) return fromFloat32(type, dims, noise(count, 1)) as unknown as Tensor;
  const Elements = arrayOfType[type as Exclude<typeof type, 'string'>];
  return new Tensor(type as 'int64', new Elements(count) as BigInt64Array, dims);
}
