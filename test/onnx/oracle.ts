import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import type { Constant, DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

/** The outputs of a model, by name, as onnxruntime-node computes them; `source` may be a path. */
export async function evaluate(
  source: ModelProto | Uint8Array | string,
  feeds: Readonly<Record<string, Constant>> = {},
): Promise<Record<string, Constant>> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const session =
    typeof source === 'string'
      ? await InferenceSession.create(source, options)
      : await InferenceSession.create(source instanceof Uint8Array ? source : encodeModel(source), options);
  try {
    const results = await session.run(
      Object.fromEntries(
        // onnxruntime-node may take the memory of a feed; each run has its own.
        Object.entries(feeds).map(([name, { type, dims, data }]) => [
          name,
          new Tensor(type as 'float32', (data as Float32Array).slice(), [...dims]),
        ]),
      ),
    );
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { type: type as DataType, dims: [...dims], data: data as Float32Array },
      ]),
    );
  } finally {
    await session.release();
  }
}

/** The largest difference between two constants, relative to the largest expected element. */
export function relativeDifference(found: Constant | undefined, expected: Constant): number {
  expect(found?.dims).toEqual(expected.dims);
  const [values, wanted] = [found!.data as Float32Array, expected.data as Float32Array];
  let largest = 1e-30;
  let difference = 0;
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!));
    difference = Math.max(difference, Math.abs(values[i]! - wanted[i]!));
  }
  return difference / largest;
}
