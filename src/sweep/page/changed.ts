import { escaped } from '../../html/escape';
import type { Prediction, SweepReport } from '../report';
import { formName } from './front';
import { percent } from './texts';

/** What changes with the chosen network, with pictures; as HTML. */
export function changedSection({ changed, networks, chosen, settings }: SweepReport): string {
  if (!changed) return '';
  const { count, lost, gained, examples } = changed;
  const name = formName(networks[chosen]!);
  const shown =
    examples.length < count ? ` The ${examples.length} where the probability of dense's class falls most:` : '';
  const summary =
    count === 0
      ? `None: ${name} predicts for all ${settings.images} images what dense predicts.`
      : `${name} predicts another class than dense for ${count} of ${settings.images} images: ${lost} that dense gets right, ` +
        `${gained} that it gets right itself, ${count - lost - gained} that both get wrong.${shown}`;
  const figures = examples.map(({ image, label, dense, chosen: own, png }) => {
    const line = (who: string, prediction: Prediction) =>
      `<dt>${who}</dt><dd${prediction.class === label ? ' class="right"' : ''}>${described(prediction, label)}</dd>`;
    return (
      `<figure><img alt="image ${image}" src="data:image/png;base64,${escaped(png)}"><figcaption>image ${image}<dl>` +
      `<dt>label</dt><dd>${label}</dd>${line('dense', dense)}${line('chosen', own)}</dl></figcaption></figure>`
    );
  });
  return (
    `<section class="wide long" id="changed"><header><h2>Changed predictions</h2></header><p>${escaped(summary)}</p>` +
    `<div class="gallery">${figures.join('')}</div></section>`
  );
}

function described({ class: found, probability }: Prediction, label: number): string {
  return `${found === -1 ? 'none' : found}, ${percent(probability)} ${found === label ? '✓' : '✗'}`;
}
