import { formatCount, formatShare, formatTime } from '../../base/format';
import { escaped } from '../../html/escape';
import type { Box, Drawing, DrawnNode, DrawnTensor } from '../drawing';
import { places, shareOf, titleOf } from './texts';

/** All that is known of a box, which is shown when it is chosen. */
export function detailsOf(drawing: Drawing, index: number): string {
  const box = drawing.boxes[index]!;
  const { operations, nodes, reason } = box;
  const kernels = operations.map(({ kernel, milliseconds, alone }) =>
    row([kernel, formatTime(milliseconds), alone === undefined ? '' : formatTime(alone)]),
  );
  const heads = ['kernel', 'time', operations.some(({ alone }) => alone !== undefined) ? 'with one thread' : ''];
  return (
    `<article class="details" id="details-${index}" tabindex="-1"><h3>${escaped(titleOf(box))}</h3>` +
    `<p class="${box.where}"><span class="key"></span>${places[box.where].name}${reason ? `: ${escaped(reason)}` : ''}</p>` +
    `<p>${escaped(costOf(drawing, box))}</p>` +
    (kernels.length > 0 ? table(heads, kernels) : '') +
    `${nodes.map(nodeOf).join('')}</article>`
  );
}

/** Cost and time of a box, as a line. */
function costOf(drawing: Drawing, { macs, params, milliseconds, alone, operations }: Box): string {
  const share = shareOf(drawing, milliseconds);
  return [
    ...(macs === undefined ? [] : [`${formatCount(macs)} MACs`]),
    ...(params > 0 ? [`${formatCount(params)} params`] : []),
    ...(operations.length > 0 && share !== undefined
      ? [`${formatTime(milliseconds!)}, ${formatShare(share)} of all`]
      : []),
    ...(alone === undefined || !milliseconds
      ? []
      : [`${(alone / milliseconds).toFixed(2)} times as fast as with one thread`]),
    ...(macs && milliseconds
      ? [`${formatCount(Number((macs / (milliseconds / 1000)).toPrecision(3)))} MACs a second`]
      : []),
  ].join(' · ');
}

function nodeOf({ name, operator, domain, attributes, inputs, outputs }: DrawnNode): string {
  const tensors = (list: readonly DrawnTensor[], kind: string) =>
    list.map((one) => row([one.isConstant ? `${kind} (constant)` : kind, one.name, one.type]));
  return (
    `<h4>${escaped(domain ? `${domain}.${operator}` : operator)} <span>${escaped(name)}</span></h4>` +
    table(
      [],
      [
        ...attributes.map(([attribute, value]) => row(['attribute', attribute, value])),
        ...tensors(inputs, 'input'),
        ...tensors(outputs, 'output'),
      ],
    )
  );
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  const head =
    heads.length > 0 ? `<thead><tr>${heads.map((one) => `<th scope="col">${one}</th>`).join('')}</tr></thead>` : '';
  return `<table>${head}<tbody>${rows.join('')}</tbody></table>`;
}
