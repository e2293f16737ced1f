import { formatBytes, formatNumber } from '../../base/format';
import { escaped } from '../../html/escape';
import { htmlPage } from '../../html/page';
import { style } from '../../html/style';
import type { Metrics, LatencyHistogram } from '../metrics';
import type { Service } from '../service';

const ownStyle = `
.bar { display: block; height: 10px; min-width: 1px; background: var(--teal); border-radius: 2px; }
td.chart { width: 60%; }
`;

/** A page of the models, their states, queues and latencies. It has no script, and loads nothing. */
export async function statusPage(service: Service, metrics: Metrics): Promise<string> {
  const { repository } = service;
  const state = service.isReady ? 'ready' : 'not ready';
  const index = repository.index();
  const versions = table(
    ['Model', 'Version', 'State', 'Why'],
    index.map((entry) => [entry.name, entry.version, entry.state, entry.reason]),
  );
  const models = await Promise.all(
    repository.served().map(async (served) => {
      const { batched, memoryBytes, name, version } = served;
      const { waiting, running, answered, refused, expired, failed, aborted, runs } = batched.statistics();
      const histogram = await metrics.latencyOf(name, version);
      const count = [...runs.values()].reduce((sum, one) => sum + one.count, 0);
      return `<section>
<header><h2>${escaped(name)}, version ${escaped(version)}</h2></header>
${table(
  ['Waiting', 'Running', 'Answered', 'Failed', 'Refused', 'Too late', 'Aborted'],
  [[waiting, running, answered, failed, refused, expired, aborted].map(String)],
)}
<p>${formatNumber(count)} runs of up to ${batched.maxBatch} rows; ${formatBytes(memoryBytes)}</p>
${histogram ? latencyTable(histogram) : '<p>No request was answered yet.</p>'}
</section>`;
    }),
  );
  const body = `<p>The server is ${state}. The page is read anew every 5 seconds.</p>
<main>
<section class="wide"><header><h2>Models</h2></header>${versions}</section>
${models.join('\n')}
</main>`;
  return htmlPage({ title: 'gdws serve', style: style + ownStyle, body, scripts: [] });
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = titles.map((title) => `<th scope="col">${title}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`);
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

/** Requests by how long they took, from the first bound that some took to the last. */
function latencyTable({ bounds, counts }: LatencyHistogram): string {
  const most = Math.max(...counts);
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  const rows = bounds.slice(first, last + 1).map((bound, at) => {
    const count = counts[first + at]!;
    const up = bound === Infinity ? 'longer' : `up to ${formatNumber(1000 * bound)} ms`;
    const width = (100 * count) / most;
    return `<tr><td>${up}</td><td class="number">${count}</td><td class="chart"><span class="bar" style="width:${width.toFixed(1)}%"></span></td></tr>`;
  });
  const head = '<th scope="col">Latency</th><th scope="col" class="number">Requests</th><th></th>';
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
