import fs from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { GdwsError } from '../../src/base/errors';
import type { Calibration } from '../../src/calibrate/calibration';
import { compress } from '../../src/compress/compress';
import type { Compression } from '../../src/compress/compression';
import { prepareCompression } from '../../src/compress/prepare';
import type { LayerSummary } from '../../src/compress/summary';
import type { Alpha } from '../../src/gdws/alpha';
import { writeModel } from '../../src/onnx/write';
import { Decomposed } from './betas';
import { prune } from './prune';

/**
 * How a network is made smaller: as GDWS by the paper's algorithm with one β for all layers, weighted by α or with α = 1; as GDWS
 * calibrated on images; the same quantized to 8 bits; or not separable, but pruned by the magnitude of its weights.
 */
export const forms = ['weighted', 'unweighted', 'calibrated', 'int8', 'pruned'] as const;
export type Form = (typeof forms)[number];

/** Networks that are made alike. */
export interface Series {
  readonly form: Form;
  /** Of the form `weighted`. */
  readonly alpha: Alpha | undefined;
  /** β; those of {@link Series.shares} come after them. */
  readonly betas: readonly number[];
  /** Shares of the multiply-accumulates that are kept; of the form `pruned`, of the weights that become 0. */
  readonly shares: readonly number[];
}

/** Bytes of a file. */
export interface FileSize {
  readonly plain: number;
  /** By gzip. */
  readonly packed: number;
}

/** A network in a file, as the tables have it. */
export interface NetworkFile {
  readonly name: string;
  readonly form: 'dense' | Form;
  readonly beta?: number;
  readonly file: string;
  /** Of pruned networks as many as of the dense one: those with a weight of 0 are computed, too. */
  readonly macs: number;
  /** Of pruned networks, weights that are not 0. */
  readonly params: number;
  readonly size: FileSize;
  readonly layers?: readonly LayerSummary[];
}

/** Every series at each of its β and shares. */
export interface Networks {
  /** The dense network first. */
  readonly networks: readonly NetworkFile[];
  /** Shares of the multiply-accumulates that a form does not reach: its layers at one kernel and what stays dense cost more. */
  readonly unreachable: readonly { readonly form: Form; readonly share: number }[];
}

/**
 * Makes the networks of every series; their files go into `folder`.
 *
 * @param calibration for the forms that are calibrated
 */
export async function makeNetworks(
  model: string,
  series: readonly Series[],
  folder: string,
  calibration?: Calibration,
  onProgress: (step: string) => void = () => {},
): Promise<Networks> {
  const dense = (await compress(model, { beta: 0, include: [] })).summary;
  const total = { macs: dense.macs!.before, params: dense.params.before };
  const networks: NetworkFile[] = [{ name: 'dense', form: 'dense', file: model, size: await sizeOf(model), ...total }];
  const unreachable: Networks['unreachable'][number][] = [];
  const fileOf = (name: string) => path.join(folder, `${name.replace(/[^\w.]+/g, '-')}.onnx`);
  const add = async (network: Omit<NetworkFile, 'file' | 'size'>) => {
    const file = fileOf(network.name);
    networks.push({ ...network, file, size: await sizeOf(file) });
  };
  const addCompressed = async (
    { name, form, beta }: Pick<NetworkFile, 'name' | 'form' | 'beta'>,
    made: Compression,
  ) => {
    await made.write(fileOf(name));
    const { macs, params, layers } = made.summary;
    await add({ name, form, beta, macs: macs!.after, params: params.after, layers });
  };
  const isOfBeta = (form: Form) => form === 'weighted' || form === 'unweighted';
  const decomposed = series.some(({ form, shares }) => isOfBeta(form) && shares.length > 0)
    ? await Decomposed.read(model)
    : undefined;
  const prepared = series.some(({ form }) => form === 'calibrated' || form === 'int8')
    ? await prepareCompression(model, { calibration })
    : undefined;
  for (const { form, alpha, betas, shares } of series) {
    if (isOfBeta(form)) {
      const wanted = [...betas];
      for (const share of shares) {
        onProgress(`β of ${form} GDWS at ${share} of the MACs`);
        const beta = decomposed!.betaFor(share, alpha);
        if (beta === undefined) unreachable.push({ form, share });
        else wanted.push(beta);
      }
      for (const beta of wanted) {
        const name = `${form} β = ${beta.toPrecision(3)}`;
        onProgress(name);
        await addCompressed({ form, name, beta }, await compress(model, { beta, alpha }));
      }
      continue;
    }
    for (const share of shares) {
      const name = `${form} ${Number((100 * share).toFixed(2))} %`;
      onProgress(name);
      if (form === 'pruned') {
        const { model: pruned, remaining } = await prune(model, share);
        await writeModel(pruned, fileOf(name));
        await add({ name, form, macs: total.macs, params: remaining });
        continue;
      }
      try {
        const goal = { kind: 'macs', value: share } as const;
        await addCompressed({ form, name }, await prepared!.compress(goal, form === 'int8' ? 'int8' : 'float32'));
      } catch (error) {
        if (!(error instanceof GdwsError) || error.code !== 'BUDGET_OUT_OF_RANGE') throw error;
        unreachable.push({ form, share });
      }
    }
  }
  return { networks, unreachable };
}

async function sizeOf(file: string): Promise<FileSize> {
  const bytes = await fs.readFile(file);
  return { plain: bytes.length, packed: gzipSync(bytes).length };
}
