import path from 'node:path';
import { compress } from '../../src/compress/compress';
import type { LayerSummary } from '../../src/compress/summary';
import type { Alpha } from '../../src/gdws/alpha';
import { Decomposed } from './betas';

/** Networks that are made alike, at several β. */
export interface Series {
  /** `weighted` by α, or α = 1. */
  readonly form: 'weighted' | 'unweighted';
  readonly alpha: Alpha | undefined;
  /** β; or shares of the multiply-accumulates, for which β is sought. */
  readonly betas: readonly number[] | undefined;
  readonly shares: readonly number[];
}

/** A network in a file, as the tables have it. */
export interface NetworkFile {
  readonly name: string;
  readonly form: 'dense' | Series['form'];
  readonly beta?: number;
  readonly file: string;
  readonly macs: number;
  readonly params: number;
  readonly layers?: readonly LayerSummary[];
}

/** Every series at each of its β. */
export interface Networks {
  /** The dense network first. */
  readonly networks: readonly NetworkFile[];
  /** Shares of the multiply-accumulates that no β of a form reaches: its layers at one kernel and what stays dense cost more. */
  readonly unreachable: readonly { readonly form: Series['form']; readonly share: number }[];
}

/** Makes the networks of every series; their files go into `folder`. */
export async function makeNetworks(
  model: string,
  series: readonly Series[],
  folder: string,
  onProgress: (step: string) => void = () => {},
): Promise<Networks> {
  const dense = (await compress(model, { beta: 0, include: [] })).summary;
  const networks: NetworkFile[] = [
    { name: 'dense', form: 'dense', file: model, macs: dense.macs!.before, params: dense.params.before },
  ];
  const unreachable: Networks['unreachable'][number][] = [];
  const decomposed = series.some(({ betas }) => !betas) ? await Decomposed.read(model) : undefined;
  for (const { form, alpha, betas, shares } of series) {
    const wanted = [...(betas ?? [])];
    for (const share of betas ? [] : shares) {
      onProgress(`β of ${form} GDWS at ${share} of the MACs`);
      const beta = decomposed!.betaFor(share, alpha);
      if (beta === undefined) unreachable.push({ form, share });
      else wanted.push(beta);
    }
    for (const beta of wanted) {
      const name = `${form} β = ${beta.toPrecision(3)}`;
      onProgress(name);
      const compression = await compress(model, { beta, alpha });
      const file = path.join(folder, `${form}-${beta.toPrecision(3)}.onnx`);
      await compression.write(file);
      const { macs, params, layers } = compression.summary;
      networks.push({ name, form, beta, file, macs: macs!.after, params: params.after, layers });
    }
  }
  return { networks, unreachable };
}
