import { formatCount, formatShare, formatTime } from '../../base/format';
import { escaped } from '../../html/escape';
import type { Drawing } from '../drawing';
import { places, shareOf, titleOf } from './texts';

/** A column of a table. */
interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** All boxes as the rows of a table, with links to the picture. */
export function operationsTable(drawing: Drawing): string {
  const { boxes, measured } = drawing;
  const isShared = boxes.some(({ alone }) => alone !== undefined);
  const columns: Column[] = [
    { title: 'operation' },
    { title: 'node' },
    { title: 'where' },
    { title: 'MACs', isNumber: true },
    { title: 'params', isNumber: true },
    ...(measured ? [{ title: 'kernel' }, { title: 'time', isNumber: true }, { title: 'share', isNumber: true }] : []),
    ...(isShared ? [{ title: 'speed-up by threads', isNumber: true }] : []),
  ];
  const rows = boxes.map((box, index) => {
    const { nodes, operations, where, macs, params, milliseconds, alone } = box;
    const isRun = operations.length > 0 && milliseconds !== undefined;
    const share = isRun ? shareOf(drawing, milliseconds) : undefined;
    return [
      `<a href="#box-${index}">${escaped(titleOf(box))}</a>`,
      escaped(nodes.at(-1)!.name),
      `<span class="${where}"><span class="key"></span>${places[where].name}</span>`,
      macs === undefined ? '' : formatCount(macs),
      params === 0 ? '' : formatCount(params),
      ...(measured
        ? [
            escaped([...new Set(operations.map(({ kernel }) => kernel))].join(', ')),
            isRun ? formatTime(milliseconds) : '',
            share === undefined ? '' : `${formatShare(share)}${meter(share)}`,
          ]
        : []),
      ...(isShared ? [alone !== undefined && milliseconds ? `${(alone / milliseconds).toFixed(2)}×` : ''] : []),
    ];
  });
  return table('operations', columns, rows);
}

/** The time by kernel, the longest first. */
export function kernelsTable(drawing: Drawing): string {
  const byKernel = new Map<string, { count: number; milliseconds: number }>();
  const operations = [...drawing.boxes.flatMap((box) => box.operations), ...(drawing.measured?.within ?? [])];
  for (const { kernel, milliseconds } of operations) {
    const sum = byKernel.get(kernel) ?? { count: 0, milliseconds: 0 };
    byKernel.set(kernel, { count: sum.count + 1, milliseconds: sum.milliseconds + milliseconds });
  }
  const rows = [...byKernel]
    .sort(([, one], [, other]) => other.milliseconds - one.milliseconds)
    .map(([kernel, { count, milliseconds }]) => {
      const share = shareOf(drawing, milliseconds) ?? 0;
      return [escaped(kernel), String(count), formatTime(milliseconds), `${formatShare(share)}${meter(share)}`];
    });
  const columns = [{ title: 'kernel' }, ...['operations', 'time', 'share'].map((title) => ({ title, isNumber: true }))];
  return table('kernels', columns, rows);
}

/** A bar beside a share. */
function meter(share: number): string {
  return `<span class="meter"><span style="width: ${(100 * share).toFixed(1)}%"></span></span>`;
}

/** @param rows as HTML */
function table(id: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const css = ({ isNumber }: Column) => (isNumber ? ' class="number"' : '');
  const head = columns.map((column) => `<th scope="col"${css(column)}>${column.title}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${row.map((cell, index) => `<td${css(columns[index]!)}>${cell}</td>`).join('')}</tr>`,
  );
  return `<table id="${id}"><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}
