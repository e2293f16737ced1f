import { clone } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { inferValues } from '../../src/analysis/infer';
import { findConvolutions } from '../../src/gdws/layers';
import { rankComponents } from '../../src/gdws/ranking';
import { rewrite } from '../../src/gdws/rewrite';
import { decompose, energies } from '../../src/gdws/spectrum';
import { blockErrors, nearestStages } from '../../src/gdws/stages';
import { Graph } from '../../src/graph/graph';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import { convolutionCases, convolutionModel } from './convolutions';
import { relativeDifference, run } from './onnxruntime';

/** Rewrites the one convolution with `steps(all)` of all its steps; says what is lost. */
async function rewritten(model: ModelProto, steps: (all: number) => number) {
  const graph = new Graph(clone(ModelProtoSchema, model));
  const values = inferValues(graph, undefined, { lenient: true });
  const layer = findConvolutions(graph, values, { firstLayer: true }).layers[0]!;
  const spectrum = await decompose(layer.weights, layer.shape, 1);
  const ranking = rankComponents(layer.shape, energies(spectrum));
  const taken = steps(ranking.steps);
  const replaced = await nearestStages(layer, spectrum, ranking, taken, 1);
  rewrite(graph, new Map([[layer, replaced]]));
  graph.removeDead();
  return { graph, layer, replaced, expected: ranking.errors[taken]! };
}

/** ‖W - Q‖² where Q is what the exported depthwise and pointwise weights make. */
function exportedError({ graph, layer, replaced }: Awaited<ReturnType<typeof rewritten>>): number {
  const { shape, weights } = layer;
  const depthwise = graph.constant('conv.depthwise')!.data as Float32Array;
  const pointwise = graph.constant('conv.pointwise')!.data as Float32Array;
  const taps = shape.kernel.reduce((a, b) => a * b, 1);
  const perGroup = depthwise.length / taps / shape.groups;
  const left = Float64Array.from(weights);
  const channelsPerGroup = shape.inputChannels / shape.groups;
  const channelOfKernel = [...replaced.counts].flatMap((count, channel) => new Array<number>(count).fill(channel));
  channelOfKernel.forEach((channel, kernel) => {
    for (let row = 0; row < shape.outputChannels / shape.groups; ++row) {
      const output = Math.floor(channel / channelsPerGroup) * (shape.outputChannels / shape.groups) + row;
      const block = (output * channelsPerGroup + (channel % channelsPerGroup)) * taps;
      for (let tap = 0; tap < taps; ++tap) {
        left[block + tap]! -= pointwise[output * perGroup + (kernel % perGroup)]! * depthwise[kernel * taps + tap]!;
      }
    }
  });
  return left.reduce((sum, x) => sum + x * x, 0);
}

describe('rewrite', () => {
  test('with every kernel computes the same, whatever the attributes', async () => {
    await fc.assert(
      fc.asyncProperty(convolutionCases, async (one) => {
        const { model, feeds } = convolutionModel(one);
        const { graph } = await rewritten(model, (all) => all);
        const [found, expected] = [await run(graph.model, feeds), await run(model, feeds)];
        expect(relativeDifference(found['y']!, expected['y']!)).toBeLessThan(1e-5);
      }),
      { numRuns: 150 },
    );
  });

  test('with fewer kernels exports weights with the error that it says', async () => {
    await fc.assert(
      fc.asyncProperty(convolutionCases, fc.double({ min: 0, max: 1, noNaN: true }), async (one, share) => {
        const { model, feeds } = convolutionModel(one);
        const result = await rewritten(model, (all) => Math.max(1, Math.round(share * all)));
        const energy = result.layer.weights.reduce((sum, w) => sum + w * w, 0);
        const said = result.replaced.errors.reduce((sum, error) => sum + error, 0);
        expect(Math.abs(said - exportedError(result))).toBeLessThan(1e-9 * energy);
        expect(Math.abs(said - result.expected)).toBeLessThan(1e-6 * energy);
        const { layer, replaced } = result;
        blockErrors(layer.weights, layer.shape, replaced).forEach((error, channel) =>
          expect(Math.abs(error - replaced.errors[channel]!)).toBeLessThan(1e-9 * energy),
        );
        await run(result.graph.model, feeds);
      }),
      { numRuns: 80 },
    );
  });
});
