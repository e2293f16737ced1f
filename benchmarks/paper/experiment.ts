import fs from 'node:fs/promises';
import path from 'node:path';
import type { Calibration, CalibrationProgress } from '../../src/calibrate/calibration';
import { weightErrors } from '../../src/calibrate/weight-error';
import type { ImageSet } from '../../src/data/image-set';
import { Tensor } from '../../src/engine/session';
import type { Alpha } from '../../src/gdws/alpha';
import { GradientSession } from '../../src/gradient/gradient-session';
import {
  evaluate,
  type Candidate,
  type CandidateComparison,
  type CandidateReport,
  type Transfer,
} from '../../src/robustness/evaluate';
import { normalized, normalizer, type Normalization } from '../../src/robustness/normalized';
import { sessionClassifier } from '../../src/robustness/session-classifier';
import type { AttackSettings } from '../../src/robustness/settings';
import type { Proportion } from '../../src/robustness/statistics/wilson';
import { makeNetworks, type NetworkFile, type Networks, type Series } from './networks';
import { measureSpeed, type Speeds } from './speed';

/** One run of the paper's experiment. */
export interface Experiment {
  readonly model: string;
  readonly images: ImageSet;
  readonly attack: AttackSettings;
  readonly normalization?: Normalization;
  readonly series: readonly Omit<Series, 'alpha'>[];
  /** Images and attack for the forms that are calibrated; needed by these only. */
  readonly calibration?: Calibration;
  /** Queries of the attack square, which is added where a form is quantized and the attack uses gradients. */
  readonly squareQueries?: number;
  /** Whether the images made on each network are tried on the dense one, and the other way round (default true). */
  readonly transfer?: boolean;
  /** α, or what to measure it on and by which attack; needed by a weighted series only. */
  readonly alpha?:
    Alpha | { readonly images: ImageSet; readonly attack: AttackSettings; readonly tieTolerance?: number };
  /** Milliseconds for the race; it is left out at 0. */
  readonly budget: number;
  readonly threads?: number;
  readonly batch?: number;
  readonly seed: number;
  /** Where networks and α are written. */
  readonly folder: string;
  /** Called with the work at hand and how much of it is done, 0 to 1. */
  onProgress?(work: string, done: number, step: string): void;
}

/** One row of the table. */
export interface NetworkResult extends NetworkFile {
  readonly natural: Proportion;
  readonly robust: Proportion;
  /** Where a network is quantized: which attacks counted, with the robust accuracy of each alone. */
  readonly ways?: CandidateReport['ways'];
  /** Against the dense network, image by image. */
  readonly against?: Pick<CandidateComparison, 'natural' | 'robust'>;
  /** Images made on the dense network, tried on this one; and the other way round. */
  readonly transfer?: { readonly fromDense: Transfer; readonly toDense: Transfer };
  readonly speed?: Speeds;
  readonly attackSeconds: number;
}

export interface ExperimentResult extends Pick<Networks, 'unreachable'> {
  readonly networks: readonly NetworkResult[];
  /** How α was measured, if it was. */
  readonly alpha?: { readonly images: number; readonly ties: number; readonly effectiveImages: number };
}

/** Runs it. @throws GdwsError what `weightErrors`, `compress` and `evaluate` throw */
export async function runExperiment(experiment: Experiment): Promise<ExperimentResult> {
  const { model, images, attack, normalization, folder, seed, threads, transfer = true } = experiment;
  const report = experiment.onProgress?.bind(experiment) ?? (() => {});
  const measured = await measureAlpha(experiment, report);
  const series = experiment.series.map((one) => ({
    ...one,
    alpha: one.form === 'weighted' ? measured?.alpha : undefined,
  }));
  const calibration = experiment.calibration && {
    ...experiment.calibration,
    normalization,
    seed,
    onProgress: ({ step, done, total }: CalibrationProgress) => report('calibrating', done / total, step),
  };
  const { networks, unreachable } = await makeNetworks(model, series, folder, calibration, (step) =>
    report('compressing', 0, step),
  );

  const sessions: GradientSession[] = [];
  const candidates: Candidate[] = [];
  try {
    for (const { name, file } of networks) {
      const session = await GradientSession.create(file, { intraOpNumThreads: threads });
      sessions.push(session);
      const classifier = await sessionClassifier(session, images.dims);
      candidates.push({ name, classifier: normalization ? normalized(classifier, normalization) : classifier });
    }
    const pixels = images.batch(0, images.length).images.data as Float32Array;
    const { candidates: reports, ...rest } = await evaluate(candidates, pixels, images.labels, attack, {
      seed,
      batchSize: experiment.batch,
      transfer,
      squareQueries: series.some(({ form }) => form === 'int8') ? experiment.squareQueries : undefined,
      onProgress: ({ classifier, done, total, broken }) =>
        report(`${attack.attack} on ${classifier}`, done / total, `${broken} of ${done} broken`),
    });
    const between = (madeOn: string, triedOn: string) =>
      rest.transfers.find((one) => one.madeOn === madeOn && one.triedOn === triedOn)!;
    const speeds = experiment.budget > 0 ? await race(networks, experiment, report) : [];
    return {
      alpha: measured && 'images' in measured ? withoutAlpha(measured) : undefined,
      unreachable,
      networks: networks.map((network, index): NetworkResult => {
        const { natural, robust, ways, seconds } = reports[index]!;
        const own = { ...network, natural, robust, ways, speed: speeds[index], attackSeconds: seconds };
        if (index === 0) return own;
        const against = rest.comparisons[index - 1]!;
        if (!transfer) return { ...own, against };
        const tried = { fromDense: between('dense', network.name), toDense: between(network.name, 'dense') };
        return { ...own, against, transfer: tried };
      }),
    };
  } finally {
    for (const session of sessions) await session.release();
  }
}

type Report = NonNullable<Experiment['onProgress']>;

interface Measured {
  readonly alpha: Alpha;
  readonly images: number;
  readonly ties: number;
  readonly effectiveImages: number;
}

async function measureAlpha(experiment: Experiment, report: Report): Promise<Measured | { alpha: Alpha } | undefined> {
  const { alpha, model, normalization, threads, seed, folder } = experiment;
  if (alpha === undefined || !experiment.series.some(({ form }) => form === 'weighted')) return undefined;
  if (!('attack' in alpha)) return { alpha };
  const measured = await weightErrors(model, alpha.images, {
    attack: alpha.attack,
    tieTolerance: alpha.tieTolerance,
    normalization,
    threads,
    seed,
    onProgress: ({ done, total, step }) => report('α', done / total, `${step}: ${done} of ${total} images`),
  });
  const document = Object.fromEntries([...measured.alpha].map(([name, values]) => [name, [...values]]));
  await fs.writeFile(path.join(folder, 'alpha.json'), JSON.stringify(document));
  return measured;
}

function withoutAlpha({ images, ties, effectiveImages }: Measured): ExperimentResult['alpha'] {
  return { images, ties, effectiveImages };
}

function race(
  networks: readonly NetworkFile[],
  { images, normalization, budget }: Experiment,
  report: Report,
): Promise<Speeds[]> {
  const { images: first } = images.batch(0, 1);
  const pixels = first.data as Float32Array;
  const values = normalization ? normalizer(images.dims, normalization)(pixels) : pixels;
  const image = new Tensor('float32', values, first.dims);
  return measureSpeed(networks, image, {
    threads: 1,
    budget,
    onProgress: (done) => report('timing', done, `${networks.length} networks in both engines in turn`),
  });
}
