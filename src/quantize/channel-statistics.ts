import { native } from '../addon/native';
import type { CalibrationImages } from '../calibrate/images';
import type { LiveStore } from '../calibrate/live-store';
import { drawPixels } from '../calibrate/patches';
import type { Graph } from '../graph/graph';
import { nameOf } from '../onnx/node-place';
import { elementCount } from '../onnx/value';
import { ConstantPool } from '../program/constant-pool';
import type { ProgramOperation, ValueId } from '../program/operation';
import { RandomStream } from '../robustness/random-stream';
import type { ChannelReader } from './channel-readers';
import type { ReaderStatistics } from './channel-scales';
import { MeasuringPrograms } from './measuring-programs';
import { StoredNetwork } from './stored-network';
import { joined } from './tensor-sample';

/** Numbers that are drawn of a tensor, or of each channel if those are more. */
const wholeSample = 1 << 15;
const leastSample = 256;

type ChannelStatistics = Pick<ReaderStatistics, 'least' | 'most' | 'squares' | 'numbers'>;

export interface MeasuringOptions {
  readonly threads: number;
  readonly seed: number;
  readonly store: LiveStore;
  throwIfAborted(): void;
}

/** Of each channel of these tensors, over all images: the least and the largest number, the mean square, and some numbers. */
export async function channelStatistics(
  graph: Graph,
  tensors: ReadonlyMap<string, ChannelReader>,
  images: CalibrationImages,
  options: MeasuringOptions,
): Promise<Map<string, ChannelStatistics>> {
  const { threads, store } = options;
  const engine = { session: native().createSession(threads), store, pool: new ConstantPool() };
  const network = new StoredNetwork(graph, images, engine);
  const programs = new MeasuringPrograms(engine);
  const statistics = new Map<string, ChannelStatistics>();
  const placed = [...tensors].flatMap(([tensor, { axis }]) => {
    const place = network.placeOf(nameOf(graph.producer(tensor)!));
    return place === undefined ? [] : [{ tensor, axis, place }];
  });
  for (const { tensor, axis, place } of placed.sort((a, b) => a.place - b.place)) {
    options.throwIfAborted();
    await network.advance(place + 1);
    programs.clear();
    const operation = network.operations[place]!;
    statistics.set(tensor, await measured(network, operation, axis, programs, new RandomStream(options.seed, place)));
  }
  network.release();
  return statistics;
}

async function measured(
  { batches }: StoredNetwork,
  { outputs: [id], origin }: ProgramOperation,
  axis: number,
  programs: MeasuringPrograms,
  random: RandomStream,
): Promise<ChannelStatistics> {
  const count = batches[0]!.sized.program.values[id!]!.dims[axis]!;
  const least = new Float64Array(count).fill(Infinity);
  const most = new Float64Array(count).fill(-Infinity);
  const squares = new Float64Array(count);
  const samples = Array.from({ length: count }, (): Float32Array[] => []);
  const images = batches.reduce((sum, batch) => sum + batch.images, 0);
  const wanted = Math.max(leastSample, wholeSample / count) / batches.length;
  for (const { sized, live, images: own } of batches) {
    const { dims } = sized.program.values[id!]!;
    const [before, after] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
    const rows = [before, count, after];
    const drawn = [Math.min(before, own), Math.min(after, Math.ceil(wanted / Math.min(before, own)))] as const;
    const places = [before, after].map((all, i) => drawPixels(0, all, drawn[i]!, random));
    const inputs = [live.get(id!)!, ...places];
    const [low, high, mean, sample] = await programs.run(dims.join(), origin, inputs, (writer) => {
      const x = writer.view(writer.input('float32', dims), rows);
      const [first, second] = drawn.map((size) => writer.input('int32', [size]));
      const squared = writer.emit('binary', [x, x], rows, { function: 'mul' });
      const reduced = (from: ValueId, reduction: 'min' | 'max' | 'mean') =>
        writer.emit('reduce', [from], [1, count, 1], { function: reduction, axes: [0, 2] });
      const some = writer.emit('gather', [x, first], [drawn[0], count, after], { axis: 0 });
      writer.program.outputs.push(
        reduced(x, 'min'),
        reduced(x, 'max'),
        reduced(squared, 'mean'),
        writer.emit('gather', [some, second], [drawn[0], count, drawn[1]], { axis: 2 }),
      );
    });
    for (let c = 0; c < count; ++c) {
      least[c] = Math.min(least[c]!, low![c]!);
      most[c] = Math.max(most[c]!, high![c]!);
      squares[c]! += (mean![c]! * own) / images;
    }
    for (let at = 0; at < sample!.length; at += drawn[1]) {
      samples[(at / drawn[1]) % count]!.push(sample!.subarray(at, at + drawn[1]));
    }
  }
  return { least, most, squares, numbers: joined(samples.flat()) };
}
