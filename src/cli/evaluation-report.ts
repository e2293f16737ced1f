import { formatNumber, formatShare, formatTime } from '../base/format';
import type { AttackSettings } from '../robustness/settings';
import type { MergedEvaluation } from '../robustness/shards/merge-shards';
import type { Proportion } from '../robustness/statistics/wilson';
import { note, printHeading, printTable } from './output';

/** Without the images themselves. */
export function documentOf(
  { candidates, comparisons, transfers }: MergedEvaluation,
  settings: AttackSettings | undefined,
  images: number,
) {
  return {
    settings,
    images,
    models: candidates.map(({ name, natural, robust, passes, seconds, imagesPerSecond, correct, standing, ways }) => ({
      ...{ model: name, natural, robust, passes, seconds, imagesPerSecond },
      correct: Array.from(correct),
      standing: standing && Array.from(standing),
      ways: ways?.map((way) => ({ ...way, standing: Array.from(way.standing) })),
    })),
    comparisons,
    transfers,
  };
}

export function printEvaluation({ candidates, comparisons, transfers = [] }: MergedEvaluation, images: number): void {
  const isAttacked = candidates.some(({ robust }) => robust !== undefined);
  printTable(
    [
      { title: 'model' },
      { title: 'natural' },
      ...(isAttacked ? [{ title: 'robust' }] : []),
      { title: 'images/s', right: true },
    ],
    candidates.map(({ name, natural, robust, imagesPerSecond }) => [
      name,
      formatProportion(natural),
      ...(robust ? [formatProportion(robust)] : []),
      formatNumber(imagesPerSecond),
    ]),
  );
  const severally = candidates.filter(({ ways = [] }) => ways.length > 1);
  if (severally.length > 0) {
    printHeading('What counts: the least, image by image');
    printTable(
      [{ title: 'model' }, { title: 'attack' }, { title: 'images made on' }, { title: 'robust' }],
      severally.flatMap(({ name, ways = [] }) =>
        ways.map(({ attack, norm, madeOn, robust }) => [
          ...[name, norm ? `${attack}, ${norm}` : attack, madeOn ?? 'itself', formatProportion(robust)],
        ]),
      ),
    );
  }
  if (comparisons.length > 0) {
    printHeading(`Image by image, against ${comparisons[0]!.from}`);
    printTable(
      [
        { title: 'model' },
        { title: 'accuracy' },
        { title: 'lost', right: true },
        { title: 'gained', right: true },
        { title: 'McNemar p', right: true },
      ],
      comparisons.flatMap(({ to, natural, robust }) =>
        Object.entries({ natural, ...(robust && { robust }) }).map(([kind, { lost, gained, pValue }]) => [
          ...[to, kind, String(lost), String(gained), formatNumber(pValue)],
        ]),
      ),
    );
  }
  if (transfers.length > 0) {
    printHeading('Images made on one model, tried on another');
    printTable(
      [
        { title: 'made on' },
        { title: 'tried on' },
        { title: 'robust' },
        { title: 'of those that broke the first, break the other' },
      ],
      transfers.map(({ madeOn, triedOn, robust, transferred }) => [
        madeOn,
        triedOn,
        formatProportion(robust),
        transferred.trials === 0 ? 'none did' : formatProportion(transferred),
      ]),
    );
  }
  const seconds = candidates.reduce((sum, report) => sum + report.seconds, 0);
  note(`${images} images, 95 % Wilson intervals, in ${formatTime(1000 * seconds)}`);
}

function formatProportion({ value, lower, upper }: Proportion): string {
  return `${formatShare(value)} (${formatShare(lower)} to ${formatShare(upper)})`;
}
