import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { pageOf } from '../../src';
import { report } from './report';

const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim())
  .find((found) => found !== '');

test('names in a report cannot end an element of the page', async () => {
  const page = await pageOf(report);
  expect(page).not.toContain('<b>model');
  expect(page.match(/<script/g)).toHaveLength(4);
  expect(page.match(/<\/script>/g)).toHaveLength(4);
  expect(page).not.toMatch(/(src|href)="?http/);
});

(chromium ? describe : describe.skip)(chromium ? 'in a browser' : 'in a browser: there is no Chromium', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-page-'));
    const file = path.join(folder, 'page.html');
    await fs.writeFile(file, await pageOf(report));
    browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(pathToFileURL(file).href);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await fs.rm(folder, { recursive: true, force: true });
  });

  /** Whether each chart has a canvas with pixels of more than one colour. */
  const drawn = () =>
    page.evaluate(`[...document.querySelectorAll('.chart')].map((chart) =>
      [...chart.querySelectorAll('canvas')].some((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colors = new Uint32Array(data.buffer);
        return colors.some((color) => color !== colors[0]);
      }))`);
  const cells = (column: number) =>
    page.evaluate(
      `[...document.querySelectorAll('#layers tbody tr')].map((row) => row.children[${column}].textContent)`,
    );

  test('all charts are drawn, nothing is fetched and nothing complains', async () => {
    expect(await drawn()).toEqual([true, true, true, true]);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate("document.querySelector('h1').textContent")).toContain('<b>model.onnx');
  });

  test('the charts hold the points of the report', async () => {
    const points = await page.evaluate(
      "['front', 'time'].map((id) => charts[id].getOption().series.filter((one) => one.name === 'gdws').map((one) => one.data.length))",
    );
    expect(points).toEqual([[2], [2]]);
  });

  test('another axis and another network are drawn', async () => {
    await page.select('#axis', 'imagesPerSecond');
    expect(await page.evaluate('charts.front.getOption().xAxis[0].name')).toBe('images a second');
    await page.select('#network', '0');
    expect(await cells(0)).toEqual(['conv', '</script>']);
    await page.select('#network', '2');
    expect(await cells(3)).toEqual(['4']);
    await page.select('#network', '0');
  });

  test('the table is sorted by a column, and the other way round', async () => {
    const head = (await page.$$('#layers th button'))[0]!;
    await head.click();
    expect(await cells(0)).toEqual(['</script>', 'conv']);
    await head.click();
    expect(await cells(0)).toEqual(['conv', '</script>']);
    expect(await page.evaluate("document.querySelector('#layers th').getAttribute('aria-sort')")).toBe('descending');
  });

  test('it fits a narrow window, and a dark one', async () => {
    await page.setViewport({ width: 400, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.reload();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await drawn()).toEqual([true, true, true, true]);
    expect(complaints).toEqual([]);
  });
});
