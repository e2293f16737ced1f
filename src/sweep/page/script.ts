/** The script of the page: draws the charts from the data in the page, and handles its selections and links. */
export const script = `
'use strict';
const page = JSON.parse(document.getElementById('charts').textContent);
const charts = {};
for (const id of ['front', 'kernels', 'spectra', 'time']) {
  charts[id] = echarts.init(document.getElementById(id), page.theme, { renderer: 'svg' });
}
const draw = (id, option) =>
  charts[id].setOption({ animation: false, backgroundColor: 'transparent', ...option }, { notMerge: true });
addEventListener('resize', () => Object.values(charts).forEach((chart) => chart.resize()));

const axis = document.getElementById('axis');
const range = document.getElementById('range');
function drawFront() {
  const option = page.front[axis.value];
  const yAxis = { ...option.yAxis, min: range.value === 'near' ? page.nearbyFrom : 0 };
  draw('front', { ...option, yAxis });
}
axis.addEventListener('change', drawFront);
range.addEventListener('change', drawFront);

const network = document.getElementById('network');
let order = { column: -1, falls: false };
const body = document.querySelector('#layers tbody');
function fillTable() {
  const rows = page.networks[network.value].rows.slice();
  if (order.column >= 0) {
    const sign = order.falls ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [a[order.column], b[order.column]];
      if (x === null || y === null) return (x === null) - (y === null);
      return sign * (typeof x === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
  }
  body.replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement('tr');
      for (const value of row) {
        const cell = document.createElement('td');
        cell.textContent = value === null ? '' : String(value);
        if (typeof value === 'number') cell.className = 'number';
        line.append(cell);
      }
      return line;
    }),
  );
}
function drawNetwork() {
  if (!network.value) return;
  draw('kernels', page.networks[network.value].kernels);
  fillTable();
}
network.addEventListener('change', drawNetwork);
document.querySelectorAll('#layers th button').forEach((button, column) =>
  button.addEventListener('click', () => {
    order = { column, falls: order.column === column && !order.falls };
    document.querySelectorAll('#layers th').forEach((head, index) =>
      head.setAttribute('aria-sort', index !== column ? 'none' : order.falls ? 'descending' : 'ascending'),
    );
    fillTable();
  }),
);

// #form-3 shows the layers of the network at that place of the report.
function follow() {
  const found = /^#form-(\\d+)$/.exec(location.hash);
  if (!found || ![...network.options].some(({ value }) => value === found[1])) return;
  network.value = found[1];
  drawNetwork();
  document.getElementById('layers-section').scrollIntoView();
}
addEventListener('hashchange', follow);
charts.front.on('click', ({ value }) => {
  if (!Array.isArray(value) || value.length < 3) return;
  if (location.hash === '#form-' + value[2]) follow();
  else location.hash = '#form-' + value[2];
});

drawFront();
drawNetwork();
draw('spectra', page.spectra);
draw('time', page.time);
follow();
`;
