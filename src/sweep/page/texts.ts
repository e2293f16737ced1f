import path from 'node:path';
import type { SweepReport } from '../report';
import { formName } from './front';

export function titleOf({ model }: SweepReport): string {
  return `${path.basename(model)}: what GDWS trades`;
}

/** What was measured, and on what. */
export function describe({ settings, networks }: SweepReport): string {
  const { images, calibrationImages, attack, threads, batch, instructionSet } = settings;
  const eps = attack && (typeof attack.eps === 'object' ? JSON.stringify(attack.eps) : String(attack.eps));
  return [
    `${networks.length} forms on ${images} images`,
    calibrationImages > 0 ? `calibrated on ${calibrationImages} others` : 'compressed by weights alone',
    ...(attack ? [`attack: ${attack.attack}, ε = ${eps}`] : []),
    `timed in turn with ${threads} ${threads === 1 ? 'thread' : 'threads'}, batch ${batch}, ${instructionSet}`,
  ].join(' · ');
}

/** How the chosen network was chosen, and which it is. */
export function ruleOf({ networks, chosen, settings: { within, images } }: SweepReport): string {
  const [dense, own] = [networks[0]!, networks[chosen]!];
  const rule =
    `Chosen: the fastest form that classifies at most ${points(within)} fewer of these ${images} images right than the dense network ` +
    `(${percent(dense.natural.value)})`;
  if (chosen === 0) return `${rule}. It is the dense network itself.`;
  const ratio = (dense.milliseconds / own.milliseconds).toFixed(2);
  return `${rule}: ${formName(own)}, with ${percent(own.natural.value)} right and ${ratio} times as fast as dense.`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function points(share: number): string {
  const count = Number((100 * share).toPrecision(3));
  return `${count} ${count === 1 ? 'point' : 'points'}`;
}
