import type { NetworkBuilder } from './network-builder';
import { layers } from './random-layers';
import { motifs } from './random-motifs';

const kinds = { ...layers, ...motifs };

export type LayerKind = keyof typeof kinds;
export const layerKinds = Object.keys(layers) as (keyof typeof layers)[];
export const motifKinds = Object.keys(motifs) as (keyof typeof motifs)[];

/** Adds a layer of a kind; each question that it asks is answered by the next of the numbers, over and over. */
export function addLayer(builder: NetworkBuilder, kind: LayerKind, choices: readonly number[]): void {
  let asked = 0;
  kinds[kind](builder, (count) => choices[asked++ % choices.length]! % count);
}
