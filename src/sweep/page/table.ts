import type { SweptNetwork } from '../report';
import { round } from './front';

/** Columns of the table of layers. */
export const columns = [
  'layer',
  'weights',
  'is now',
  'kernels',
  'a channel',
  'MACs kept (%)',
  'weights kept (%)',
  'time (ms)',
  'error (%)',
] as const;

/** One row for each convolution. */
export function layerRows({ layers }: SweptNetwork): (string | number | null)[][] {
  return layers.map((layer) => {
    const { name, outputChannels, inputChannels, kernel, status, reason, kernels, macs, params, time } = layer;
    const kept = (change: { before: number; after: number } | undefined) =>
      change && change.before > 0 ? round((100 * change.after) / change.before) : null;
    return [
      name,
      kernel ? [outputChannels, inputChannels, ...kernel].join('×') : '?',
      status === 'gdws' ? 'GDWS' : `dense: ${reason ?? ''}`,
      kernels ?? null,
      kernels !== undefined && inputChannels ? round(kernels / inputChannels) : null,
      kept(macs),
      kept(params),
      time ? round(time.after) : null,
      status === 'gdws' ? round(100 * layer.relativeError) : null,
    ];
  });
}
