import { InferenceSession, type Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { decodeModel } from '../../src/onnx/read';
import { makeValueInfo } from '../../src/onnx/make';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';
import { seededFeeds } from '../feeds';

/** The least and the largest number of a tensor. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** The range of each tensor of floats over images: those of `feeds`, or two seeded ones. */
export async function measureRanges(
  model: ModelProto,
  tensors: readonly string[],
  feeds?: Readonly<Record<string, Tensor>>,
): Promise<Map<string, Range>> {
  const graph = new Graph(decodeModel(encodeModel(model)));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const computed = tensors.filter((name) => !inputs.has(name));
  graph.proto.output = computed.map((name) => makeValueInfo(name, 'float32', []));
  for (const output of graph.proto.output) delete (output as { type?: unknown }).type;
  const session = await InferenceSession.create(encodeModel(graph.model));
  try {
    const fed = feeds ?? seededFeeds(session, { batch: 2 });
    const results = { ...fed, ...(await session.run(fed)) };
    const floats = tensors.filter((name) => results[name]!.type === 'float32');
    return new Map(floats.map((name) => [name, rangeOf(results[name]!.data as Float32Array)]));
  } finally {
    await session.release();
  }
}

function rangeOf(data: Float32Array): Range {
  let [least, most] = [0, 0];
  for (const one of data) {
    least = Math.min(least, one);
    most = Math.max(most, one);
  }
  return { least, most };
}
