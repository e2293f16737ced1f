import type { InferenceSession } from 'onnxruntime-common';
import { measureInterleaved, untilIdle, type Contestant, type Distribution, type Ratio } from '../../src/measure';
import { encodeModel } from '../../src/onnx/write';
import { engineNames, openSession, type EngineName } from '../engines';
import { seededFeeds } from '../feeds';
import { networks, type NetworkName } from '../networks';
import { quantize } from '../quantized/quantize';
import { steady } from '../race';
import type { Int8Options } from './options';

const forms = ['GDWS int8', 'dense int8', 'GDWS fp32', 'dense fp32'] as const;
type Form = (typeof forms)[number];

export interface Int8Entry {
  readonly engine: EngineName;
  readonly form: Form;
  /** Milliseconds a run of the whole batch. */
  readonly time: Distribution;
}

export interface Int8Race {
  readonly network: NetworkName;
  readonly rounds: number;
  readonly entries: readonly Int8Entry[];
  /** How many times as fast the first is as the second. */
  readonly speedups: readonly { readonly of: string; readonly ratio: Ratio }[];
}

/** What is compared, each as faster : slower. */
const compared: readonly (readonly [[EngineName, Form], [EngineName, Form]])[] = [
  [
    ['gdws', 'GDWS int8'],
    ['onnxruntime', 'dense fp32'],
  ],
  [
    ['gdws', 'GDWS int8'],
    ['onnxruntime', 'dense int8'],
  ],
  [
    ['gdws', 'GDWS int8'],
    ['onnxruntime', 'GDWS int8'],
  ],
  [
    ['gdws', 'GDWS int8'],
    ['gdws', 'GDWS fp32'],
  ],
  [
    ['gdws', 'GDWS int8'],
    ['gdws', 'dense int8'],
  ],
  [
    ['gdws', 'dense int8'],
    ['gdws', 'dense fp32'],
  ],
  [
    ['gdws', 'dense int8'],
    ['onnxruntime', 'dense int8'],
  ],
];

/** Races the four forms of a network on both engines, in turn. A network without K×K convolutions to replace has no GDWS form. */
export async function raceInt8(
  network: NetworkName,
  { kernels, threads, batch, budget }: Int8Options,
): Promise<Int8Race> {
  const float = { dense: networks[network]().model, GDWS: networks[network]({ kernels }).model };
  const isSeparable = float.GDWS.graph!.node.length !== float.dense.graph!.node.length;
  const lanes: { name: string; engine: EngineName; form: Form; session: InferenceSession }[] = [];
  try {
    for (const form of forms) {
      const [structure, type] = form.split(' ') as ['dense' | 'GDWS', 'int8' | 'fp32'];
      if (structure === 'GDWS' && !isSeparable) continue;
      const bytes = encodeModel(type === 'int8' ? await quantize(float[structure]) : float[structure]);
      for (const engine of engineNames) {
        lanes.push({ name: `${engine} ${form}`, engine, form, session: await openSession(engine, bytes, { threads }) });
      }
    }
    const feeds = seededFeeds(lanes[0]!.session, { batch });
    const contestants = lanes.map(({ name, session }): Contestant => ({ name, run: () => session.run(feeds) }));
    const comparison = await measureInterleaved(contestants, {
      budget: 1000 * budget,
      ...steady,
      rest: threads > 1 ? () => untilIdle() : undefined,
    });
    const isRaced = ([engine, form]: [EngineName, Form]) =>
      lanes.some((one) => one.engine === engine && one.form === form);
    return {
      network,
      rounds: comparison.rounds,
      entries: lanes.map(({ engine, form }, i) => ({ engine, form, time: comparison.measurements[i]!.time })),
      speedups: compared
        .filter((pair) => pair.every(isRaced))
        .map(([fast, slow]) => ({
          of: `${fast.join(' ')} : ${slow.join(' ')}`,
          ratio: comparison.ratio(slow.join(' '), fast.join(' ')),
        })),
    };
  } finally {
    for (const { session } of lanes) await session.release();
  }
}
