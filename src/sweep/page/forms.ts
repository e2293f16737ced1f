import { escaped } from '../../html/escape';
import type { Proportion } from '../../robustness/statistics/wilson';
import type { SweepReport, SweptNetwork } from '../report';
import { formName, placeOf, round } from './front';
import { percent } from './texts';

/** The fragment of the page that shows the layers of a network. */
export function fragmentOf(network: number): string {
  return `form-${network}`;
}

/** All networks as the rows of a table, with links to their layers. */
export function formsTable(report: SweepReport): string {
  const { networks, chosen } = report;
  const isAttacked = networks.some(({ robust }) => robust);
  const heads: [string, boolean][] = [
    ['form', false],
    ['images/s', true],
    ['time (ms)', true],
    ['speed', true],
    ['accuracy', true],
    ...(isAttacked ? [['under attack', true] as [string, boolean]] : []),
    ['MACs kept', true],
    ['weights kept', true],
    ['file (kB)', true],
  ];
  const head = heads.map(([text, isNumber]) => `<th scope="col"${isNumber ? ' class="number"' : ''}>${text}</th>`);
  const rows = networks.map((network, index) => {
    const numbers = [
      round(network.imagesPerSecond),
      round(network.milliseconds),
      `${(networks[0]!.milliseconds / network.milliseconds).toFixed(2)}×`,
      proportion(network.natural),
      ...(isAttacked ? [network.robust ? proportion(network.robust) : ''] : []),
      percent(placeOf(report, network, 'macs') / 100),
      percent(placeOf(report, network, 'params') / 100),
      round(network.bytes / 1000),
    ];
    const cells = numbers.map((text) => `<td class="number">${escaped(String(text))}</td>`).join('');
    const isChosen = index === chosen;
    return `<tr${isChosen ? ' class="chosen"' : ''}><td>${nameCell(network, index)}${isChosen ? ' (chosen)' : ''}</td>${cells}</tr>`;
  });
  return `<table id="forms"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** The dense network has no table of layers. */
function nameCell(network: SweptNetwork, index: number): string {
  const name = escaped(formName(network));
  return network.method === 'dense' ? name : `<a href="#${fragmentOf(index)}">${name}</a>`;
}

function proportion({ value, lower, upper }: Proportion): string {
  return `${percent(value)} (${(100 * lower).toFixed(1)} to ${(100 * upper).toFixed(1)})`;
}
