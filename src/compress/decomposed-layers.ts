import { lossesAlong, type MeasuredLoss } from '../calibrate/attacked-losses';
import type { Calibrated } from '../calibrate/calibrate';
import type { LayerMoments } from '../calibrate/layer-moments';
import { alphaOf, type Alpha } from '../gdws/alpha';
import { balanceOutputs } from '../gdws/balance';
import { denseWeights, gdwsWeights } from '../gdws/cost';
import type { Layer } from '../gdws/layers';
import { rankComponents, type Ranking } from '../gdws/ranking';
import { decompose, energies, type Spectrum } from '../gdws/spectrum';
import { chosenKernels, type Stages } from '../gdws/stages';
import { decomposeWhitened } from '../gdws/whitened-spectrum';
import { threadsOf, throwIfAborted, type PrepareOptions } from './options';

/** A layer with its components ranked. */
export interface DecomposedLayer {
  readonly layer: Layer;
  readonly spectrum: Spectrum;
  readonly ranking: Ranking;
  /** Growth of the network's loss after each number of steps, if measured. */
  losses?: Float64Array;
}

interface DecompositionOptions extends Pick<PrepareOptions, 'threads' | 'signal' | 'onProgress'> {
  /** Whether weights alone are scaled to outputs of one size first. */
  readonly isBalanced: boolean;
  readonly alpha: Alpha;
  /** Second moments of the layers that were measured on calibration images. */
  readonly moments?: ReadonlyMap<Layer, LayerMoments>;
  /** The model's path, for errors. */
  readonly file?: string;
}

/** Decomposes the layers: weighted by their moments where these were measured, else by their weights alone. */
export async function decomposeLayers(
  layers: readonly Layer[],
  options: DecompositionOptions,
): Promise<DecomposedLayer[]> {
  const { isBalanced, alpha, file } = options;
  const threads = threadsOf(options);
  const decomposed: DecomposedLayer[] = [];
  for (const layer of layers) {
    throwIfAborted(options.signal);
    const place = { file, node: layer.name, operator: 'Conv' };
    const moments = options.moments?.get(layer);
    let spectrum: Spectrum;
    if (moments) spectrum = await decomposeWhitened(layer, moments, threads, place);
    else {
      const weights = isBalanced ? balanceOutputs(layer.weights, layer.shape) : layer.weights;
      spectrum = await decompose(weights, layer.shape, threads, place);
    }
    const ranking = rankComponents(layer.shape, energies(spectrum, alphaOf(layer, alpha)));
    decomposed.push({ layer, spectrum, ranking, losses: moments && ranking.errors });
    options.onProgress?.(decomposed.length, layers.length, layer.name);
  }
  throwIfAborted(options.signal);
  return decomposed;
}

/** Shares of a layer's dense cost at which its loss under attack is measured. */
const measuredShares = [0.5, 0.25];

/** Where there is an attack, replaces losses by those measured under it. */
export async function measureLosses(
  decomposed: readonly DecomposedLayer[],
  { attackedLosses }: Calibrated,
): Promise<void> {
  if (!attackedLosses) return;
  const measured = new Map<Layer, MeasuredLoss[]>();
  for (const share of measuredShares) {
    const steps = new Map<Layer, number>();
    const kernels = new Map<Layer, Pick<Stages, 'counts' | 'kernels'>>();
    for (const { layer, spectrum, ranking, losses } of decomposed) {
      if (!losses) continue;
      const { shape } = layer;
      const paid = Math.floor((share * denseWeights(shape)) / gdwsWeights(shape, shape.groups));
      steps.set(layer, Math.min(ranking.steps, Math.max(1, paid)));
      kernels.set(layer, chosenKernels(layer, spectrum, ranking, steps.get(layer)!));
    }
    for (const [layer, loss] of await attackedLosses(kernels)) {
      measured.set(layer, [...(measured.get(layer) ?? []), { steps: steps.get(layer)!, loss }]);
    }
  }
  for (const one of decomposed) {
    const own = measured.get(one.layer);
    if (own) one.losses = lossesAlong(one.ranking.errors, own);
  }
}
