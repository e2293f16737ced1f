import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { folderOf } from '../../base/bundled';
import { GdwsError } from '../../base/errors';
import type { SweepReport, SweptNetwork } from '../report';
import { axes, axisNames, frontOption, methodNames } from './front';
import { kernelsOption } from './kernels';
import { script } from './script';
import { spectraOption } from './spectra';
import { style } from './style';
import { columns, layerRows } from './table';
import { timeOption } from './time';

/**
 * A report as one self-contained HTML page: charts (by Apache ECharts, which it includes) and a table of the layers.
 *
 * @throws GdwsError INTERNAL where the package lacks ECharts
 */
export async function pageOf(report: SweepReport): Promise<string> {
  const { model, settings, networks, unmet } = report;
  const shown = networks.filter(({ method }) => method !== 'dense');
  const charts = {
    front: Object.fromEntries(axes.map((axis) => [axis, frontOption(report, axis)])),
    networks: shown.map((network) => ({ kernels: kernelsOption(network), rows: layerRows(network) })),
    spectra: spectraOption(report.spectra),
    time: timeOption(report),
  };
  const title = `${path.basename(model)}: what GDWS trades`;
  const option = (value: string | number, text: string) => `<option value="${value}">${escaped(text)}</option>`;
  const chart = (id: string, heading: string, select = '', isWide = false, note = '') =>
    `<section${isWide ? ' class="wide"' : ''}><header><h2>${heading}</h2>${select}</header>${note && `<p>${escaped(note)}</p>`}` +
    `<div class="chart" id="${id}"></div></section>`;
  const axisSelect = `<select id="axis" aria-label="against what">${axes.map((axis) => option(axis, axisNames[axis])).join('')}</select>`;
  const networkSelect = `<select id="network" aria-label="network">${shown
    .map((network, index) => option(index, nameOf(network)))
    .join('')}</select>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(describe(settings))}</p>
${unmet.map(({ reason, method }) => `<p>${escaped(`${methodNames[method]}: ${reason}`)}</p>`).join('')}
<main>
${chart('front', 'Accuracy', axisSelect, true, 'Vertical lines are 95 % intervals.')}
${chart('kernels', 'Kernels of the channels', networkSelect, true)}
${chart('spectra', 'Singular values', '', false, 'What is lost of each layer with how many of its kernels.')}
${chart('time', 'Time, predicted and measured')}
<section class="wide"><header><h2>Layers</h2></header><p>Error: of the weights, as a share of their energy; above 100 % where they were fitted to what images need instead.</p><div class="scroll"><table id="layers"><thead><tr>${columns
    .map((column) => `<th scope="col"><button type="button">${escaped(column)}</button></th>`)
    .join('')}</tr></thead><tbody></tbody></table></div></section>
</main>
<script type="application/json" id="charts">${inlined(charts)}</script>
<script type="application/json" id="report">${inlined(report)}</script>
<script>${(await chartLibrary()).replaceAll('</script', '<\\/script')}</script>
<script>${script}</script>
</body>
</html>
`;
}

function nameOf({ method, budget }: SweptNetwork): string {
  return `${methodNames[method]}, ${Number((100 * budget).toPrecision(4))} % of the MACs`;
}

function describe({
  images,
  calibrationImages,
  attack,
  threads,
  batch,
  instructionSet,
}: SweepReport['settings']): string {
  const eps = attack && (typeof attack.eps === 'object' ? JSON.stringify(attack.eps) : String(attack.eps));
  return [
    `${images} images`,
    calibrationImages > 0 ? `calibrated on ${calibrationImages}` : 'compressed by weights alone',
    ...(attack ? [`attack: ${attack.attack}, ε = ${eps}`] : []),
    `timed with ${threads} ${threads === 1 ? 'thread' : 'threads'}, batch ${batch}, ${instructionSet}`,
  ].join(' · ');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** As JSON that cannot end the HTML element that contains it. */
function inlined(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** The library beside this file in the package; without a build, that of the development dependency. */
async function chartLibrary(): Promise<string> {
  const beside = path.join(
    folderOf(() => __dirname),
    'echarts.min.js',
  );
  try {
    return await fs.readFile(beside, 'utf8');
  } catch {
    try {
      return await fs.readFile(createRequire(beside).resolve('echarts/dist/echarts.min.js'), 'utf8');
    } catch (cause) {
      throw new GdwsError('INTERNAL', 'the library that draws charts is missing.', {
        file: beside,
        remedy:
          'Install gdws anew; where a bundler has put gdws into a file, copy echarts.min.js of dist/sweep/page beside it.',
        cause,
      });
    }
  }
}
