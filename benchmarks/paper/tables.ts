import type { OutcomeComparison } from '../../src/robustness/comparison';
import type { Proportion } from '../../src/robustness/statistics/wilson';
import type { ExperimentResult, NetworkResult } from './experiment';

/** The tables, in Markdown: as the paper has them, then image by image, then transfer. */
export function tablesOf({ networks }: ExperimentResult): string {
  const [dense, ...others] = networks as [NetworkResult, ...NetworkResult[]];
  const main = table(
    [
      'network',
      'β',
      'MACs, M',
      'kept',
      'params, M',
      'MB',
      'gzip',
      'A_nat %',
      'A_rob %',
      'FPS',
      'speed',
      'FPS, onnxruntime',
    ],
    networks.map(({ name, form, beta, macs, params, size, natural, robust, speed }) => [
      form === 'dense' || form === 'pruned' ? name : `GDWS, ${form}`,
      beta === undefined ? '' : beta.toPrecision(3),
      millions(macs),
      percent(macs / dense.macs),
      millions(params),
      millions(size.plain),
      millions(size.packed),
      interval(natural),
      interval(robust),
      speed ? speed.gdws.fps.toFixed(0) : '',
      speed ? `${speed.gdws.speedup.ofPairs.median.toFixed(2)}×` : '',
      speed ? speed.onnxruntime.fps.toFixed(0) : '',
    ]),
  );
  if (others.length === 0) return main;
  const changes = table(
    ['network', 'kept', 'natural: lost, gained, p', 'robust: lost, gained, p'],
    others.map(({ name, form, macs, against }) => [
      form === 'pruned' ? name : form,
      percent(macs / dense.macs),
      change(against!.natural),
      change(against!.robust),
    ]),
  );
  const tried = others.filter(({ transfer }) => transfer);
  const transfers = table(
    [
      'network',
      'kept',
      'A_rob %, own images',
      "A_rob %, dense's images",
      "dense, network's images",
      'dense, own images',
    ],
    tried.map(({ name, form, macs, robust, transfer }) => [
      form === 'pruned' ? name : form,
      percent(macs / dense.macs),
      percent(robust.value),
      percent(transfer!.fromDense.robust.value),
      percent(transfer!.toDense.robust.value),
      percent(dense.robust.value),
    ]),
  );
  return [
    main,
    'Image by image, against the dense network (McNemar, exact):',
    changes,
    ...(tried.length > 0 ? ['Images made on one network, tried on another:', transfers] : []),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function millions(count: number): string {
  const scaled = count / 1e6;
  return scaled >= 100 ? scaled.toFixed(0) : scaled.toPrecision(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `57.3 (54.2–60.3)` */
function interval({ value, lower, upper }: Proportion): string {
  const [middle, low, high] = [value, lower, upper].map((share) => (100 * share).toFixed(1));
  return `${middle} (${low}–${high})`;
}

function change({ lost, gained, pValue }: OutcomeComparison): string {
  return `${lost}, ${gained}, ${pValue < 1e-4 ? '< 0.0001' : pValue.toFixed(4)}`;
}
