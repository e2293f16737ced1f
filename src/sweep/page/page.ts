import fs from 'node:fs/promises';
import { escaped, inlined } from '../../html/escape';
import { htmlPage } from '../../html/page';
import type { SweepReport } from '../report';
import { changedSection } from './changed';
import { formsTable } from './forms';
import { axes, axisNames, formName, frontOption, methodNames, nearbyFrom } from './front';
import { kernelsOption } from './kernels';
import { chartLibrary } from './library';
import { script } from './script';
import { spectraOption } from './spectra';
import { style } from './style';
import { columns, layerRows } from './table';
import { describe, ruleOf, titleOf } from './texts';
import { theme } from './theme';
import { timeOption } from './time';

/**
 * A report as one self-contained HTML page: charts (by Apache ECharts, which it includes), the chosen network, what changes with it, and a
 * table of the layers of each network.
 *
 * @throws GdwsError INTERNAL where the package lacks ECharts
 */
export async function pageOf(report: SweepReport): Promise<string> {
  const { networks, chosen, unmet } = report;
  const charts = {
    theme,
    nearbyFrom: nearbyFrom(report),
    front: Object.fromEntries(axes.map((axis) => [axis, frontOption(report, axis)])),
    // By place in the report; the dense network has no layers.
    networks: networks.map((network) => ({ kernels: kernelsOption(network), rows: layerRows(network) })),
    spectra: spectraOption(report.spectra),
    time: timeOption(report),
  };
  const title = escaped(titleOf(report));
  const option = (value: string | number, text: string, isSelected = false) =>
    `<option value="${value}"${isSelected ? ' selected' : ''}>${escaped(text)}</option>`;
  const chart = (id: string, heading: string, select = '', isWide = false, note = '') =>
    `<section${isWide ? ' class="wide"' : ''}><header><h2>${heading}</h2>${select}</header>${note && `<p>${escaped(note)}</p>`}` +
    `<div class="chart" id="${id}"></div></section>`;
  const axisSelect = `<select id="axis" aria-label="against what">${axes.map((axis) => option(axis, axisNames[axis])).join('')}</select>`;
  const rangeSelect = `<select id="range" aria-label="which accuracies">${option('all', 'all accuracies')}${option('near', "near the dense network's")}</select>`;
  const networkSelect = `<select id="network" aria-label="network">${networks
    .map((network, index) =>
      network.method === 'dense' ? '' : option(index, formName(network), index === Math.max(1, chosen)),
    )
    .join('')}</select>`;
  const frontNote = `${ruleOf(report)} The ring marks it, the dotted line the least accuracy. Vertical lines are 95 % intervals. A point leads to its layers.`;
  const body = `<p>${escaped(describe(report))}</p>
${unmet.map(({ reason, method }) => `<p>${escaped(`${methodNames[method]}: ${reason}`)}</p>`).join('')}
<main>
${chart('front', 'Accuracy and speed', rangeSelect + axisSelect, true, frontNote)}
<section class="wide long"><header><h2>All forms</h2></header><div class="scroll">${formsTable(report)}</div></section>
${changedSection(report)}
<section class="wide long" id="layers-section"><header><h2>Layers</h2>${networkSelect}</header><p>Error: of the weights, as a share of their energy; above 100 % where they were fitted to what images need instead. Time: by the latency model of this machine.</p><div class="scroll"><table id="layers"><thead><tr>${columns
    .map((column) => `<th scope="col"><button type="button">${escaped(column)}</button></th>`)
    .join('')}</tr></thead><tbody></tbody></table></div></section>
${chart('kernels', 'Kernels of the channels', '', true, 'Of the same network.')}
${chart('spectra', 'Singular values', '', false, 'What is lost of each layer with how many of its kernels.')}
${chart('time', 'Time, predicted and measured')}
</main>
<script type="application/json" id="charts">${inlined(charts)}</script>
<script type="application/json" id="report">${inlined(report)}</script>`;
  const library = (await fs.readFile(chartLibrary().file, 'utf8')).replaceAll('</script', '<\\/script');
  return htmlPage({ title, style, body, scripts: [library, script] });
}
