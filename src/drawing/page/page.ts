import path from 'node:path';
import { formatBytes, formatCount, formatTime } from '../../base/format';
import { escaped } from '../../html/escape';
import { htmlPage } from '../../html/page';
import type { Drawing, Where } from '../drawing';
import { detailsOf } from './details';
import { pictureOf } from './picture';
import { script } from './script';
import { style } from './style';
import { kernelsTable, operationsTable } from './tables';
import { places } from './texts';

/**
 * A network as one self-contained HTML page: a picture of its operations, with what each is made of, what it costs and how long it
 * takes, and the same as a table.
 *
 * @throws GdwsError DEPENDENCY_MISSING where @dagrejs/dagre is not installed
 */
export async function networkPageOf(drawing: Drawing): Promise<string> {
  const { boxes, folded, measured, refusal } = drawing;
  const title = escaped(path.basename(drawing.file));
  const keys = (Object.keys(places) as Where[])
    .map((where) => ({ where, count: boxes.filter((box) => box.where === where).length }))
    .filter(({ count }) => count > 0)
    .map(
      ({ where, count }) => `<span class="${where}"><span class="key"></span>${places[where].name}: ${count}</span>`,
    );
  const refused = refusal
    ? `<p id="refusal"><strong>Not run:</strong> ${escaped(refusal.message)}${refusal.remedy ? ` ${escaped(refusal.remedy)}` : ''}</p>`
    : '';
  const foldedList =
    folded.length > 0
      ? `<section class="wide long"><details><summary>${folded.length} nodes whose results are known before a run</summary>` +
        `<ul>${folded.map((name) => `<li>${escaped(name)}</li>`).join('')}</ul></details></section>`
      : '';
  const body = `<p>${escaped(summaryOf(drawing))}</p>
${refused}
<main>
<section class="wide long"><header><h2>Operations</h2><div class="keys">${keys.join('')}</div></header>
<div class="graph"><div class="picture" tabindex="0" role="region" aria-label="picture of the network">${await pictureOf(drawing)}</div>
<div id="chosen"><p id="hint">Choose an operation: its nodes, attributes, shapes and kernels are shown here. Bars are shares of the time.</p>${boxes
    .map((_, index) => detailsOf(drawing, index))
    .join('\n')}</div></div></section>
${measured ? `<section class="wide long"><header><h2>Where the time goes</h2></header>${withinOf(drawing)}<div class="scroll">${kernelsTable(drawing)}</div></section>` : ''}
<section class="wide long"><header><h2>All operations</h2></header><div class="scroll">${operationsTable(drawing)}</div></section>
${foldedList}
</main>`;
  return htmlPage({ title, style, body, scripts: [script] });
}

function summaryOf(drawing: Drawing): string {
  const { boxes, bytes, macs, params, measured, inputs } = drawing;
  const nodes = new Set(boxes.flatMap((box) => box.nodes.map(({ name }) => name))).size;
  const threads = (count: number) => `${count} ${count === 1 ? 'thread' : 'threads'}`;
  return [
    formatBytes(bytes),
    `${macs === undefined ? 'unknown' : formatCount(macs)} MACs, ${formatCount(params)} params`,
    `${nodes} nodes in ${boxes.length} operations`,
    ...inputs.map(({ name, type }) => `${name}: ${type}`),
    ...(measured
      ? [
          `a run takes ${formatTime(measured.milliseconds)}, its operations ${formatTime(measured.ofOperations)}: medians of ${measured.runs} runs ` +
            `with ${threads(measured.threads)}, ${measured.instructionSet}`,
        ]
      : []),
  ].join(' · ');
}

/** What the operations within control flow take, which have no boxes. */
function withinOf({ measured }: Drawing): string {
  const within = measured?.within ?? [];
  if (within.length === 0) return '';
  const sum = within.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const names = [...new Set(within.map(({ node }) => node))].join(', ');
  return `<p>${within.length} of these operations, ${formatTime(sum)}, are of nodes within If, Loop and Scan, and in no box: ${escaped(names)}.</p>`;
}
