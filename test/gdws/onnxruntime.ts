import * as ort from 'onnxruntime-node';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';

export type Feeds = Readonly<Record<string, { dims: readonly number[]; data: Float32Array }>>;

/** The outputs of a model in onnxruntime-node, by name. */
export async function run(model: ModelProto | Uint8Array, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const bytes = model instanceof Uint8Array ? model : encodeModel(model);
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const outputs = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { dims, data }]) => [name, new ort.Tensor('float32', data, dims)]),
      ),
    );
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.data as Float32Array)]),
    );
  } finally {
    await session.release();
  }
}

/** The largest difference, relative to the largest expected value. */
export function relativeDifference(found: Float32Array, expected: Float32Array): number {
  expect(found).toHaveLength(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0) / largest;
}
