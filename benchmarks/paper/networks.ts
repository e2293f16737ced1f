import path from 'node:path';
import type { Alpha } from '../../src/gdws/alpha';
import { compress } from '../../src/gdws/compress';
import type { LayerSummary } from '../../src/gdws/summary';
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

/** The dense network, and those of every series, whose files go into `folder`. */
export async function makeNetworks(
  model: string,
  series: readonly Series[],
  folder: string,
  onProgress: (step: string) => void = () => {},
): Promise<NetworkFile[]> {
  let decomposed: Decomposed | undefined;
  const made: NetworkFile[] = [];
  for (const { form, alpha, betas, shares } of series) {
    if (!betas) onProgress(`β of ${form} GDWS`);
    const wanted = betas ?? (await Promise.all(shares.map(async (share) => (await read()).betaFor(share, alpha))));
    for (const beta of wanted) {
      const name = `${form} β = ${beta.toPrecision(3)}`;
      onProgress(name);
      const compression = await compress(model, { beta, alpha });
      const file = path.join(folder, `${form}-${beta.toPrecision(3)}.onnx`);
      await compression.write(file);
      const { macs, params, layers } = compression.summary;
      made.push({ name, form, beta, file, macs: macs!.after, params: params.after, layers });
    }
  }
  const { macs, params } = (await compress(model, { beta: 0, include: [] })).summary;
  return [{ name: 'dense', form: 'dense', file: model, macs: macs!.before, params: params.before }, ...made];

  async function read(): Promise<Decomposed> {
    return (decomposed ??= await Decomposed.read(model));
  }
}
