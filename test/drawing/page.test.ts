import type { Page } from 'puppeteer-core';
import { networkPageOf, type Drawing } from '../../src';
import { chromium, openPage, tooFaint, type OpenPage } from '../html/browser';
import { parsed, type Parsed } from '../html/parsed';
import { drawing } from './drawing';

const name = '</script></svg><img src=x onerror="alert(1)">\'"&amp;';

/** The drawing with a name that a page must not take for elements wherever a model gives one. */
function hostile(): Drawing {
  const renamed = (tensor: { readonly type: string; readonly isConstant: boolean }) => ({ ...tensor, name });
  return {
    ...drawing,
    file: `folder/${name.replaceAll('/', '')}`,
    boxes: drawing.boxes.map((box) => ({
      ...box,
      reason: box.reason && name,
      reads: box.reads.map((source) => (source === 'x' ? name : source)),
      nodes: box.nodes.map((node) => ({
        ...node,
        ...{ name, operator: name, domain: node.domain && name },
        attributes: node.attributes.map(() => [name, name] as const),
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
    })),
    inputs: drawing.inputs.map(renamed),
    outputs: drawing.outputs.map((output) => ({ ...renamed(output), from: output.from === 'x' ? name : output.from })),
    folded: [name],
    measured: { ...drawing.measured!, within: drawing.measured!.within.map((one) => ({ ...one, node: name })) },
  };
}

const kinds = (page: Parsed) => page.elements.map((element) => [element.name, Object.keys(element.attributes)]);

test('names in a model make no element of the page, and it loads nothing', async () => {
  const page = parsed(await networkPageOf(hostile()));
  expect(kinds(page)).toEqual(kinds(parsed(await networkPageOf(drawing))));
  const sources = page.elements.flatMap(({ attributes: { src, href } }) => [src ?? [], href ?? []].flat());
  expect(sources.filter((source) => !/^(data:,|#box-\d+)$/.test(source))).toEqual([]);
  expect(page.all('h4')[0]!.text).toContain(name);
  const refused = { ...hostile(), measured: undefined, refusal: { message: name, remedy: name } };
  expect(parsed(await networkPageOf(refused)).all('img')).toEqual([]);
});

const byId = (page: Parsed, kind: string, id: string) => page.all(kind).find(({ attributes }) => attributes.id === id)!;
const cellsOf = (table: Parsed) =>
  table
    .all('tr')
    .slice(1)
    .map((row) => row.all('td').map(({ text }) => text));

test('the table has the figures of the drawing', async () => {
  const page = parsed(await networkPageOf(drawing));
  const rows = cellsOf(byId(page, 'table', 'operations'));
  expect(rows).toEqual([
    ['Conv + Relu', 'relu', 'in floats', '9.22 k', '576', 'convolution.product', '3.00 ms', '75.0 %', '1.50×'],
    ['MaxPool', 'MaxPool', 'in integers', '', '', 'maxPool.rows', '500 µs', '12.5 %', '0.50×'],
    ['If', 'If', 'in JavaScript, between programs', '', '', '', '', '', ''],
    ['Reshape', 'Reshape', 'no work', '', '', '', '', '', ''],
    ['Strange', 'Strange', 'not by this engine', '', '', '', '', '', ''],
    ['Neg', 'Neg', 'not run', '', '', '', '', '', ''],
  ]);
  expect(cellsOf(byId(page, 'table', 'kernels'))).toEqual([
    ['convolution.product', '1', '3.00 ms', '75.0 %'],
    ['maxPool.rows', '1', '500 µs', '12.5 %'],
    ['unary.vector', '1', '500 µs', '12.5 %'],
  ]);
  const [summary] = page.all('p');
  expect(summary!.text).toContain('2.50 kB · 9.22 k MACs, 576 params · 7 nodes in 6 operations · x: float32 1×8×4×4');
  expect(summary!.text).toContain(
    'a run takes 5.00 ms, its operations 4.00 ms: medians of 9 runs with 2 threads, avx2',
  );
});

test('the picture has a box for each operation, input and output, and the details their nodes', async () => {
  const page = parsed(await networkPageOf(drawing));
  const [picture] = page.all('svg');
  expect(picture!.all('a').map(({ attributes }) => attributes.id)).toEqual([0, 1, 2, 3, 4, 5].map((at) => `box-${at}`));
  // x → conv → pool → If → Reshape → Strange → y, conv → If, conv → Neg, x → x.
  expect(picture!.all('path').filter(({ attributes }) => attributes.class === 'line')).toHaveLength(9);
  const [conv] = picture!.all('a');
  expect(conv!.all('text').map(({ text }) => text)).toEqual([
    'Conv + Relu',
    'relu',
    '8×8×3×3 → float32 1×8×4×4',
    'convolution.product · 3.00 ms',
    '75.0 %',
  ]);
  const details = byId(page, 'article', 'details-0');
  expect(cellsOf(details.all('table')[0]!)).toEqual([['convolution.product', '3.00 ms', '4.50 ms']]);
  expect(
    details
      .all('table')[1]!
      .all('tr')
      .map((row) => row.all('td').map(({ text }) => text)),
  ).toEqual([
    ['attribute', 'pads', '[1, 1, 1, 1]'],
    ['input', 'x', 'float32 1×8×4×4'],
    ['input (constant)', 'w', 'float32 8×8×3×3'],
    ['output', 'c', 'float32 1×8×4×4'],
  ]);
  expect(byId(page, 'article', 'details-4').all('p')[0]!.text).toContain('The engine has no operator Strange.');
});

(chromium ? describe : describe.skip)(chromium ? 'in a browser' : 'in a browser: there is no Chromium', () => {
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    opened = await openPage(await networkPageOf(drawing), 1400);
    page = opened.page;
  }, 120_000);

  afterAll(() => opened?.close());

  const shown = () =>
    page.evaluate(`[...document.querySelectorAll('.details')].filter((one) => one.offsetParent).map(({ id }) => id)`);

  test('a click on a box or a row shows its details, and nothing is fetched', async () => {
    expect(await shown()).toEqual([]);
    await page.click('#box-1');
    await page.waitForSelector('#details-1.chosen');
    expect(await shown()).toEqual(['details-1']);
    await page.click('#operations a[href="#box-0"]');
    await page.waitForSelector('#details-0.chosen');
    expect(await shown()).toEqual(['details-0']);
    await page.evaluate("location.hash = '#box-99'");
    await page.waitForFunction("!document.querySelector('.details.chosen')");
    expect(opened.complaints).toEqual([]);
    expect(opened.requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
  });

  test('texts fit their boxes', async () => {
    const wide = await page.evaluate(`[...document.querySelectorAll('svg a, svg g')].flatMap((box) => {
      const { left, right } = box.querySelector('.box').getBoundingClientRect();
      return [...box.querySelectorAll('text')].filter((text) => {
        const own = text.getBoundingClientRect();
        return own.left < left || own.right > right;
      }).map((text) => text.textContent);
    })`);
    expect(wide).toEqual([]);
  });

  test.each(['light', 'dark', 'print'])('a page in %s has the contrast of WCAG AA', async (value) => {
    if (value === 'print') await page.emulateMediaType('print');
    else await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await page.evaluate("location.hash = '#box-0'");
    await page.waitForSelector('#details-0.chosen');
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(value === 'dark' ? 'rgb(22, 25, 28)' : 'rgb(255, 255, 255)');
    expect(await tooFaint(page, { lines: '.picture' })).toEqual([]);
    await page.emulateMediaType('screen');
  });

  test('it fits a narrow window', async () => {
    await page.setViewport({ width: 400, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
