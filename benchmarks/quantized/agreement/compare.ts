import type { InferenceSession as Common, Tensor } from 'onnxruntime-common';
import * as onnxruntime from 'onnxruntime-node';
import { InferenceSession } from '../../../src/engine/session';
import { Graph } from '../../../src/graph/graph';
import { makeValueInfo } from '../../../src/onnx/make';
import type { ModelProto, NodeProto } from '../../../src/onnx/onnx_pb';
import { decodeModel } from '../../../src/onnx/read';
import { encodeModel } from '../../../src/onnx/write';

type Feeds = Readonly<Record<string, Tensor>>;

/** How onnxruntime runs the file: as written, each operator in floats, or with its own operators on bytes. */
export const peers = ['as written', 'optimised'] as const;
export type Peer = (typeof peers)[number];

/** How far bytes lie apart. */
export interface ByteDifferences {
  readonly count: number;
  readonly offByOne: number;
  readonly offByMore: number;
  /** The largest difference, and the tensor that has it. */
  readonly largest: number;
  readonly where: string;
}

/** What gdws and onnxruntime made of the same quantized file. */
export interface Agreement {
  readonly peer: Peer;
  /** What each QuantizeLinear gives where those before it gave what they gave in onnxruntime: the errors of one operation. */
  readonly alone: ByteDifferences;
  /** What it gives from the image on: a byte that is off by one changes others after it. Both of the first images. */
  readonly through: ByteDifferences;
  /** Images whose logits were compared. */
  readonly images: number;
  /** The largest difference of two logits, in steps: 1/255 of the range of all logits. */
  readonly logits: number;
  /** Images of the same class. */
  readonly sameClass: number;
  /** Of those of another class, the largest lead of onnxruntime's class over that of gdws, in steps. */
  readonly largestLead: number;
}

/** Compares on all batches, and the bytes between on the first. */
export async function compare(model: ModelProto, batches: readonly Feeds[], peer: Peer): Promise<Agreement> {
  const between = await compareBytes(model, batches[0]!, peer);
  const file = encodeModel(model);
  const own = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const other = await open(file, peer);
  const classes: { ours: Float32Array; theirs: Float32Array }[] = [];
  try {
    for (const feeds of batches) {
      const [ours, theirs] = [await own.run(feeds), await other.run(feeds)].map(logitsOf);
      const count = ours!.dims[0]!;
      for (let image = 0; image < count; ++image)
        classes.push({ ours: ofImage(ours!, image), theirs: ofImage(theirs!, image) });
    }
  } finally {
    await own.release();
    await other.release();
  }
  const largest = Math.max(...classes.map(({ theirs }) => Math.max(...theirs)));
  const least = Math.min(...classes.map(({ theirs }) => Math.min(...theirs)));
  const step = (largest - least) / 255;
  const differing = classes.filter(({ ours, theirs }) => best(ours) !== best(theirs));
  return {
    peer,
    ...between,
    images: classes.length,
    logits: Math.max(...classes.map(({ ours, theirs }) => distance(ours, theirs))) / step,
    sameClass: classes.length - differing.length,
    largestLead:
      Math.max(0, ...differing.map(({ ours, theirs }) => theirs[best(theirs)]! - theirs[best(ours)]!)) / step,
  };
}

/** With bytes as further outputs, fewer operations are joined, but none rounds otherwise. */
async function compareBytes(
  model: ModelProto,
  feeds: Feeds,
  peer: Peer,
): Promise<{ readonly alone: ByteDifferences; readonly through: ByteDifferences }> {
  const plain = await runOnce(await InferenceSession.create(encodeModel(model)), feeds);
  const { through, alone } = withBytes(model);
  const ours = await runOnce(await InferenceSession.create(through), feeds);
  for (const [name, { data }] of Object.entries(plain)) {
    if (distance(data as Float32Array, ours[name]!.data as Float32Array) !== 0)
      throw new Error(`output '${name}' depends on whether the bytes before it are outputs.`);
  }
  const theirs = await runOnce(await open(through, peer), feeds);
  const fed = Object.entries(theirs).map(([name, tensor]) => [fedName(name), tensor] as const);
  const session = await InferenceSession.create(alone);
  const read = [...Object.entries(feeds), ...fed].filter(([name]) => session.inputNames.includes(name));
  const each = await runOnce(session, Object.fromEntries(read));
  return { through: differences(ours, theirs), alone: differences(each, theirs) };
}

function differences(ours: Common.ReturnType, theirs: Common.ReturnType): ByteDifferences {
  let [count, offByOne, offByMore, largest, where] = [0, 0, 0, 0, ''];
  for (const [name, { type, data }] of Object.entries(theirs)) {
    if (type !== 'uint8' && type !== 'int8') continue;
    const own = ours[name]!.data as Uint8Array;
    (data as Uint8Array).forEach((one, i) => {
      const steps = Math.abs(one - own[i]!);
      if (steps === 1) offByOne++;
      if (steps > 1) offByMore++;
      if (steps > largest) [largest, where] = [steps, name];
    });
    count += data.length;
  }
  return { count, offByOne, offByMore, largest, where };
}

/** The input that stands for bytes. */
function fedName(bytes: string): string {
  return `${bytes}.fed`;
}

/** The network with the bytes of all QuantizeLinear as outputs; and that in which each operation reads them from inputs instead. */
function withBytes(model: ModelProto): { readonly through: Uint8Array; readonly alone: Uint8Array } {
  const graph = new Graph(decodeModel(encodeModel(model)));
  const quantizing = graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear');
  const infoOf = (name: string, { input }: NodeProto) => {
    const info = makeValueInfo(name, graph.constant(input[2]!)!.type, []);
    delete (info.type!.value.value as { shape?: unknown }).shape;
    return info;
  };
  for (const node of quantizing) graph.proto.output.push(infoOf(node.output[0]!, node));
  const through = encodeModel(graph.model);
  for (const node of quantizing) {
    const bytes = node.output[0]!;
    for (const reader of graph.consumers(bytes))
      reader.input = reader.input.map((name) => (name === bytes ? fedName(bytes) : name));
    graph.proto.input.push(infoOf(fedName(bytes), node));
  }
  return { through, alone: encodeModel(graph.model) };
}

function open(file: Uint8Array, peer: Peer): Promise<Common> {
  return onnxruntime.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    graphOptimizationLevel: peer === 'as written' ? 'disabled' : 'all',
  });
}

async function runOnce(session: Common, feeds: Feeds): Promise<Common.ReturnType> {
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function logitsOf(results: Common.ReturnType): Tensor {
  return Object.values(results)[0]!;
}

function ofImage({ data, dims }: Tensor, image: number): Float32Array {
  const length = data.length / dims[0]!;
  return (data as Float32Array).slice(image * length, (image + 1) * length);
}

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, one, i) => Math.max(largest, Math.abs(one - b[i]!)), 0);
}
