import { native } from '../addon/native';
import { divergence, information } from '../calibrate/divergence';
import type { CalibrationImages } from '../calibrate/images';
import { LiveStore } from '../calibrate/live-store';
import type { Graph } from '../graph/graph';
import { nameOf } from '../onnx/node-place';
import type { ModelProto } from '../onnx/onnx_pb';
import { ConstantPool } from '../program/constant-pool';
import { equalizeChannels } from './equalize-channels';
import { setFloatWeights } from './float-weights';
import { insertQuantization } from './insert-quantization';
import { PredictionRuns } from './prediction-runs';
import { dequantizedRows, weightRowsOf } from './product-weights';
import { equalizedNetwork, findNodes, quantizableGraph } from './quantizable-graph';
import type { FloatChoice, QuantizedNodes } from './quantized-nodes';
import { QuantizationPass, type PassOptions, type PassResult } from './quantization-pass';

/** What a network's predictions lose where some of it is rounded to integers. */
export interface RoundingLosses {
  /** What its predictions tell about the images: in nats, see {@link information}. */
  readonly information: number;
  /** Of products that are quantized together, in the network's order. */
  readonly parts: readonly RoundedPart[];
}

/** Products that are quantized together: mostly one, or the two stages of a GDWS convolution. */
export interface RoundedPart {
  /** Their names. */
  readonly products: readonly string[];
  /** Mean divergence of the predictions from those of floats where only these are rounded, to the nearest; in nats. */
  readonly loss: number;
}

export interface RoundingOptions extends Pick<PassOptions, 'threads' | 'seed' | 'throwIfAborted'> {
  /** Of the nodes that stay in floats. */
  readonly choice?: FloatChoice;
  /** Bytes of values between operations that are held in memory; others go to a temporary file. */
  readonly liveBytes: number;
  readonly onPart?: (done: number, total: number) => void;
}

/**
 * Measures for each product what its rounding alone costs: that of its weights, of the tensor that it reads, and of those that come
 * from it and that only other nodes read.
 *
 * @param images a few: the network runs on them once for each product
 * @returns `undefined` where the network's first output is not one of each image
 */
export async function roundingLosses(
  model: ModelProto,
  images: CalibrationImages,
  { threads, seed, liveBytes, choice, onPart, ...options }: RoundingOptions,
): Promise<RoundingLosses | undefined> {
  const store = new LiveStore(liveBytes);
  try {
    const engine = { session: native().createSession(threads), store, pool: new ConstantPool() };
    const graph = quantizableGraph(model, images);
    // As in the network that will be quantized, so that what loses too much there is found.
    await equalizeChannels(equalizedNetwork(graph, images, choice), [], images, { ...options, threads, seed, store });
    const simulated = quantizableGraph(graph.model, images);
    const nodes = findNodes(simulated, images, choice);
    const pass = new QuantizationPass(
      { reference: graph, simulated, nodes, images, engine },
      { ...options, threads, seed, momentBytes: 0, isIsolated: true, onProduct: () => {} },
    );
    const rounded = await pass.run();

    const runs = new PredictionRuns(images, engine);
    const prediction = runs.prediction(graph);
    if (!prediction) return undefined;
    const expected = await runs.outputs(graph);
    const parts: RoundedPart[] = [];
    const found = partsOf(graph, findNodes(graph, images, choice), rounded);
    for (const { products, tensors } of found) {
      options.throwIfAborted();
      const own = quantizableGraph(graph.model, images);
      roundPart(own, { products, tensors }, findNodes(own, images, choice), rounded);
      const loss = divergence(prediction, expected, await runs.outputs(own));
      parts.push({ products: [...products], loss });
      onPart?.(parts.length, found.length);
    }
    return { information: information(prediction, expected), parts };
  } finally {
    await store.close();
  }
}

/** Products and tensors that are rounded together, by name. */
interface Part {
  readonly products: ReadonlySet<string>;
  readonly tensors: ReadonlySet<string>;
}

function partsOf(graph: Graph, { products, tensors }: QuantizedNodes, { summaries }: PassResult): Part[] {
  const isProduct = new Set(products);
  const isStage = new Set(summaries.flatMap(({ node, method }) => (method === 'depthwise stage' ? [node] : [])));
  const parts = new Map<string, { products: Set<string>; tensors: Set<string> }>();
  for (const product of products) {
    const depthwise = graph.producer(product.input[0]!);
    const name = nameOf(product);
    const part = (depthwise && isStage.has(nameOf(depthwise)) && parts.get(nameOf(depthwise))) || {
      products: new Set(),
      tensors: new Set(),
    };
    part.products.add(name);
    parts.set(name, part);
  }
  /** The product that a tensor comes from, by the first way. */
  const productBefore = (tensor: string): string | undefined => {
    const producer = graph.producer(tensor);
    if (!producer) return undefined;
    return isProduct.has(producer) ? nameOf(producer) : productBefore(producer.input[0]!);
  };
  for (const tensor of tensors.keys()) {
    const readers = graph.consumers(tensor).filter((node) => isProduct.has(node));
    const before = readers.length > 0 ? undefined : productBefore(tensor);
    for (const name of before === undefined ? readers.map(nameOf) : [before]) parts.get(name)!.tensors.add(tensor);
  }
  return [...new Set(parts.values())];
}

/** Rounds a part of a network, in floats. */
function roundPart(graph: Graph, part: Part, nodes: QuantizedNodes, { quantizations, weights }: PassResult): void {
  for (const node of nodes.products.filter((node) => part.products.has(nameOf(node)))) {
    const { weights: rounded } = weights.get(nameOf(node))!;
    setFloatWeights(graph, node, weightRowsOf(graph, node), dequantizedRows(rounded));
  }
  const tensors = new Map([...nodes.tensors].filter(([tensor]) => part.tensors.has(tensor)));
  insertQuantization(graph, { ...nodes, tensors }, (tensor) => quantizations.get(nodes.tensors.get(tensor)!)!);
}
