import { seededFeeds } from '../../benchmarks/feeds';
import { networks } from '../../benchmarks/networks';
import { compare, peers } from '../../benchmarks/quantized/agreement/compare';
import { quantize } from '../../benchmarks/quantized/quantize';
import { InferenceSession } from '../../src/engine/session';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { encodeModel } from '../../src/onnx/write';

async function feedsOf(model: ModelProto) {
  const session = await InferenceSession.create(encodeModel(model));
  return [1, 2].map((seed) => seededFeeds(session, { batch: 2, seed }));
}

test.each(peers)("each operation's bytes are onnxruntime's, or off by one: %s", async (peer) => {
  const { model } = networks['resnet18-cifar']({ width: 1 / 8, kernels: 2 });
  const agreement = await compare(await quantize(model), await feedsOf(model), peer);
  const { alone, through, images, sameClass, logits } = agreement;
  expect(alone.count).toBeGreaterThan(1e5);
  expect(alone.offByMore).toBe(0);
  expect(alone.offByOne).toBeLessThan(1e-4 * alone.count);
  expect(through.count).toBe(alone.count);
  expect(images).toBe(4);
  expect(sameClass).toBe(4);
  expect(logits).toBeLessThan(10);
});
