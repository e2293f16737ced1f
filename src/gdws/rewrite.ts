import type { Graph } from '../graph/graph';
import { native, type NativePointwise } from '../native';
import { makeNode } from '../onnx/make';
import type { NodeProto } from '../onnx/onnx_pb';
import { nameOf, type Layer } from './layers';
import { nativeLayer, withPlace } from './native-layer';
import { kernelsOfChannels, type Ranking } from './ranking';
import { rank, taps } from './shape';
import type { Spectrum } from './spectrum';
import { fromFloat32, toFloat32 } from './weights';

/** The attributes of a convolution that belong to the depthwise stage. */
const spatialAttributes = new Set(['auto_pad', 'dilations', 'pads', 'strides']);

/** A layer that was replaced. */
export interface Replaced {
  /** g_c: the kernels of every channel. */
  readonly kernels: Int32Array;
  /** ‖W_c - Q_c‖² of every channel. */
  readonly errors: Float64Array;
}

/**
 * Replaces the nodes of a layer by Gather → depthwise Conv → pointwise Conv with the kernels of the ranking's first
 * `steps` steps. There is no Gather where every channel has one kernel; a channel that has none is not gathered. The
 * output keeps its name.
 *
 * @returns what the channels have and lose
 */
export async function rewrite(
  graph: Graph,
  layer: Layer,
  spectrum: Spectrum,
  ranking: Ranking,
  steps: number,
  threads: number,
): Promise<Replaced> {
  const { shape, name, type } = layer;
  const counts = kernelsOfChannels(ranking, steps);
  const total = steps * shape.groups;
  // The pointwise weights go with the kernels as they are stored.
  const depthwise = fromFloat32(type, [total, 1, ...shape.kernel], chosenKernels(spectrum, counts, total));
  const pointwise = await pointwiseStage(layer, counts, toFloat32(depthwise), threads);
  const ones = shape.kernel.map(() => 1);

  const depthwiseName = graph.uniqueName(`${name}.depthwise`);
  graph.setInitializer(depthwiseName, depthwise);
  const pointwiseName = graph.uniqueName(`${name}.pointwise`);
  graph.setInitializer(pointwiseName, fromFloat32(type, [shape.outputChannels, steps, ...ones], pointwise.weights));
  let channelsName: string | undefined;
  if (counts.some((count) => count !== 1)) {
    channelsName = graph.uniqueName(`${name}.channels`);
    const channels = BigInt64Array.from(
      [...counts].flatMap((count, channel) => new Array<bigint>(count).fill(BigInt(channel))),
    );
    graph.setInitializer(channelsName, { type: 'int64', dims: [total], data: channels });
  }

  for (const node of layer.nodes) {
    const own = nameOf(node);
    const replacement: NodeProto[] = [];
    let features = node.input[0]!;
    if (channelsName !== undefined) {
      const gathered = graph.uniqueName(`${own}/gathered`);
      replacement.push(
        makeNode({
          opType: 'Gather',
          name: graph.uniqueName(`${own}/gather`),
          input: [features, channelsName],
          output: [gathered],
          attributes: { axis: 1 },
        }),
      );
      features = gathered;
    }
    const filtered = graph.uniqueName(`${own}/filtered`);
    const depthwiseNode = makeNode({
      opType: 'Conv',
      name: graph.uniqueName(`${own}/depthwise`),
      input: [features, depthwiseName],
      output: [filtered],
      attributes: { group: total, kernel_shape: shape.kernel },
    });
    depthwiseNode.attribute.push(...node.attribute.filter((attribute) => spatialAttributes.has(attribute.name)));
    const pointwiseNode = makeNode({
      opType: 'Conv',
      name: graph.uniqueName(`${own}/pointwise`),
      input: [filtered, pointwiseName, ...node.input.slice(2)],
      output: node.output,
      attributes: { group: shape.groups, kernel_shape: ones },
    });
    replacement.push(depthwiseNode, pointwiseNode);
    graph.replace(node, replacement);
  }
  return { kernels: counts, errors: pointwise.errors };
}

async function pointwiseStage(
  { name, weights, shape }: Layer,
  counts: Int32Array,
  kernels: Float32Array,
  threads: number,
): Promise<NativePointwise> {
  try {
    return await native.pointwiseWeights(weights, nativeLayer(shape), threads, counts, kernels);
  } catch (cause) {
    throw withPlace(cause, weights, shape, { node: name, operator: 'Conv' });
  }
}

/** The first g_c right singular vectors of every channel, (G, K²). */
function chosenKernels({ shape, rightVectors }: Spectrum, counts: Int32Array, total: number): Float32Array {
  const kernels = new Float32Array(total * taps(shape));
  const ofChannel = rank(shape) * taps(shape);
  let end = 0;
  counts.forEach((count, channel) => {
    const first = channel * ofChannel;
    kernels.set(rightVectors.subarray(first, first + count * taps(shape)), end);
    end += count * taps(shape);
  });
  return kernels;
}
