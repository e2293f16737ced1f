import path from 'node:path';
import type { Page } from 'puppeteer-core';
import { pageOf, svgOf, type SweepReport } from '../../src';
import { palette } from '../../src/html/palette';
import { chromium, openPage, tooFaint, type OpenPage } from '../html/browser';
import { parsed, type Parsed } from '../html/parsed';
import { report } from './report';

/** The report with a name that a page must not take for elements wherever there is one. */
const name = '</script><img src=x onerror="alert(1)">\'"&amp;';
const hostile: SweepReport = {
  ...report,
  model: `folder/${name}`,
  networks: report.networks.map((network) => ({
    ...network,
    layers: network.layers.map((layer) => ({ ...layer, name })),
  })),
  unmet: [{ method: 'paper', budget: 0.25, reason: name }],
  spectra: report.spectra.map((spectrum) => ({ ...spectrum, name })),
};

test('names in a report make no element of the page, and it loads nothing', async () => {
  const kinds = (page: Parsed) => page.elements.map((element) => [element.name, Object.keys(element.attributes)]);
  const page = parsed(await pageOf(hostile));
  expect(kinds(page)).toEqual(kinds(parsed(await pageOf(report))));
  expect(page.all('h1')[0]!.text).toBe(`${path.basename(hostile.model)}: what GDWS trades`);
  const within = page.all('script').find(({ attributes }) => attributes.id === 'report')!;
  expect(JSON.parse(within.text)).toEqual(JSON.parse(JSON.stringify(hostile)));
  const sources = page.elements.flatMap(({ attributes: { src, href } }) => [src ?? [], href ?? []].flat());
  expect(sources.filter((source) => !/^(data:|#)/.test(source))).toEqual([]);
  expect(sources.length).toBeGreaterThan(3);
});

test('the table of forms has the figures of the report, links to layers, and the chosen one', async () => {
  const page = parsed(await pageOf(report));
  const table = page.all('table').find(({ attributes }) => attributes.id === 'forms')!;
  const rows = table.all('tr').slice(1);
  expect(rows).toHaveLength(report.networks.length);
  rows.forEach((row, index) => {
    const { imagesPerSecond, milliseconds, natural, macs, params, bytes, method } = report.networks[index]!;
    const cells = row.all('td').map(({ text }) => text);
    const [form, rate, time, speed, accuracy, , macsKept, weights, size] = cells;
    expect(Number(rate)).toBeCloseTo(imagesPerSecond, 6);
    expect(Number(time)).toBeCloseTo(milliseconds, 6);
    expect(speed).toBe(`${(10 / milliseconds).toFixed(2)}×`);
    expect(accuracy!.split(' ')[0]).toBe((100 * natural.value).toFixed(1));
    expect(macsKept).toBe(`${((100 * macs) / 2000).toFixed(1)} %`);
    expect(weights).toBe(`${((100 * params) / 200).toFixed(1)} %`);
    expect(Number(size)).toBeCloseTo(bytes / 1000, 6);
    expect(form!.includes('(chosen)')).toBe(index === report.chosen);
    expect(row.all('a').map(({ attributes }) => attributes.href)).toEqual(method === 'dense' ? [] : [`#form-${index}`]);
  });
  expect(page.all('p').some(({ text }) => text.includes('at most 10 points fewer of these 10 images'))).toBe(true);
});

test('pictures of changed predictions have their classes and probabilities', async () => {
  const [figure] = parsed(await pageOf(report)).all('figure');
  const [example] = report.changed!.examples;
  expect(figure!.all('img')[0]!.attributes.src).toBe(`data:image/png;base64,${example!.png}`);
  expect(figure!.all('dd').map(({ text }) => text)).toEqual(['2', '2, 75.0 % ✓', '1, 50.0 % ✗']);
  const none = { ...report, chosen: 0, changed: undefined };
  const page = parsed(await pageOf(none));
  expect(page.all('figure')).toEqual([]);
  expect(page.all('p').some(({ text }) => text.includes('It is the dense network itself.'))).toBe(true);
});

test('the picture for other documents is the first chart, and has dark colours', () => {
  const drawing = svgOf(hostile);
  const page = parsed(drawing);
  expect(page.all('svg')).toHaveLength(1);
  expect(page.all('title')[0]!.text).toContain(
    `${path.basename(hostile.model)}: what GDWS trades. Chosen: the fastest`,
  );
  expect(page.all('img')).toEqual([]);
  const unseen = new Set(page.all('defs').flatMap(({ elements }) => elements));
  const used = page.elements
    .filter((element) => !unseen.has(element))
    .filter(({ name: kind }) => ['path', 'text', 'rect', 'circle'].includes(kind))
    .map(({ attributes }) => {
      const { stroke = 'none', fill = 'none', 'stroke-width': width, 'fill-opacity': opacity } = attributes;
      return stroke !== 'none' && width !== '0' ? stroke : opacity === '0' ? 'none' : fill;
    });
  expect(used.length).toBeGreaterThan(30);
  const light = Object.values(palette).map(([color]) => color as string);
  expect(used.filter((color) => color !== 'none' && color !== 'transparent' && !light.includes(color))).toEqual([]);
  expect(page.all('style')[0]!.text).toContain('prefers-color-scheme: dark');
  expect(page.all('text').map(({ text }) => text)).toEqual(
    expect.arrayContaining(['images a second', 'gdws', 'chosen']),
  );
});

(chromium ? describe : describe.skip)(chromium ? 'in a browser' : 'in a browser: there is no Chromium', () => {
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    opened = await openPage(await pageOf(report), 1280);
    page = opened.page;
  }, 120_000);

  afterAll(() => opened?.close());

  /** Whether each chart is drawn: with text, and with lines or areas. */
  const drawn = () =>
    page.evaluate(`[...document.querySelectorAll('.chart')].map(
      (chart) => chart.querySelectorAll('svg text').length > 3 && chart.querySelectorAll('svg path').length > 3)`);
  const faint = () => tooFaint(page, { lines: '.chart', areas: '#kernels' });
  const cells = (column: number) =>
    page.evaluate(
      `[...document.querySelectorAll('#layers tbody tr')].map((row) => row.children[${column}].textContent)`,
    );

  test('all charts are drawn, nothing is fetched and nothing complains', async () => {
    expect(await drawn()).toEqual([true, true, true, true]);
    expect(opened.requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(opened.complaints).toEqual([]);
    expect(await page.evaluate("document.querySelector('h1').textContent")).toContain('<b>model.onnx');
  });

  test('the charts hold the points of the report', async () => {
    const points = await page.evaluate(
      "['front', 'time'].map((id) => charts[id].getOption().series.filter((one) => one.name === 'gdws').map((one) => one.data.length))",
    );
    expect(points).toEqual([[2], [2]]);
  });

  test('another axis and another network are drawn', async () => {
    expect(await page.evaluate('charts.front.getOption().xAxis[0].name')).toBe('images a second');
    await page.select('#axis', 'macs');
    expect(await page.evaluate('charts.front.getOption().xAxis[0].name')).toBe('multiply-accumulates kept (%)');
    await page.select('#range', 'near');
    expect(await page.evaluate('charts.front.getOption().yAxis[0].min')).toBe(58);
    expect(await page.evaluate("document.getElementById('network').value")).toBe('1');
    expect(await cells(0)).toEqual(['conv', '</script>']);
    await page.select('#network', '3');
    expect(await cells(3)).toEqual(['4']);
    await page.select('#network', '1');
  });

  test('a row and a point lead to the layers of their form', async () => {
    await page.click('#forms a[href="#form-3"]');
    await page.waitForFunction("document.getElementById('network').value === '3'");
    expect(await cells(3)).toEqual(['4']);
    const place = (await page.evaluate(`(() => {
      document.getElementById('front').scrollIntoView();
      const { x, y } = document.getElementById('front').getBoundingClientRect();
      const [option] = charts.front.getOption().series.filter(({ name }) => name === 'gdws');
      const [left, top] = charts.front.convertToPixel('grid', option.data[0]);
      return [x + left, y + top];
    })()`)) as [number, number];
    // The point below the mouse is drawn anew, larger, in the next frame: a button pressed before and released after
    // that is no click to the browser.
    await page.mouse.move(...place);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await page.mouse.click(...place);
    await page.waitForFunction("location.hash === '#form-2'");
    expect(await cells(3)).toEqual(['2']);
    await page.evaluate("location.hash = '#form-99'");
    await page.evaluate("location.hash = '#form-1'");
    await page.waitForFunction("document.getElementById('network').value === '1'");
  });

  test('the table is sorted by a column, and the other way round', async () => {
    await page.select('#network', '1');
    const head = (await page.$$('#layers th button'))[0]!;
    await head.click();
    expect(await cells(0)).toEqual(['</script>', 'conv']);
    await head.click();
    expect(await cells(0)).toEqual(['conv', '</script>']);
    expect(await page.evaluate("document.querySelector('#layers th').getAttribute('aria-sort')")).toBe('descending');
  });

  test.each(['light', 'dark'])('a %s page has the contrast of WCAG AA', async (value) => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await page.reload();
    const ground = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
    expect(ground).toBe(value === 'light' ? 'rgb(255, 255, 255)' : 'rgb(22, 25, 28)');
    expect(await faint()).toEqual([]);
  });

  test('paper is light, and as wide as it is', async () => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.emulateMediaType('print');
    await page.setViewport({ width: 718, height: 1000 });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await faint()).toEqual([]);
    await page.emulateMediaType('screen');
  });

  test('it fits a narrow window', async () => {
    await page.setViewport({ width: 400, height: 800 });
    await page.reload();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await drawn()).toEqual([true, true, true, true]);
    expect(opened.complaints).toEqual([]);
  });
});
