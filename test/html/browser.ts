import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Page } from 'puppeteer-core';
import { palette } from '../../src/html/palette';
import { bytesOf, contrast } from './contrast';

/** Where the browser is, if there is one. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim())
  .find((found) => found !== '');

/** A page in a browser, and what happened there. */
export interface OpenPage {
  readonly page: Page;
  /** Messages of the console, and errors. */
  readonly complaints: readonly string[];
  /** Addresses that were asked for. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens a page from a file of its own. */
export async function openPage(html: string, width: number): Promise<OpenPage> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-page-'));
  const file = path.join(folder, 'page.html');
  await fs.writeFile(file, html);
  const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(file).href);
  const close = async () => {
    await browser.close();
    await fs.rm(folder, { recursive: true, force: true });
  };
  return { page, complaints, requests, close };
}

/** Selectors of what holds the lines of charts, and of areas that touch each other within. */
interface Places {
  readonly lines: string;
  readonly areas?: string;
}

type Found = readonly [kind: 'text' | 'line', color: string, ground: string];

/** What is read too hardly as the page is shown: by WCAG AA, texts need a contrast of 4.5, lines of charts one of 3. */
export async function tooFaint(page: Page, { lines, areas = ':not(*)' }: Places) {
  const all = (await page.evaluate(`(() => {
    const below = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor;
      }
    };
    const isFaded = ({ opacity, fillOpacity, strokeOpacity }) =>
      [opacity, fillOpacity, strokeOpacity].some((one) => one !== '1' && one !== '0');
    const found = [];
    for (const element of document.querySelectorAll(
      'h1, h2, h3, h4, p, a, th, td, dt, dd, li, span, summary, figcaption, select, button')) {
      if (element.textContent && !element.closest('svg')) found.push(['text', getComputedStyle(element).color, below(element)]);
    }
    for (const holder of document.querySelectorAll(${JSON.stringify(lines)})) {
      for (const element of holder.querySelectorAll('text, path:not(defs *)')) {
        const style = getComputedStyle(element);
        if (isFaded(style)) throw new Error('faded: ' + element.outerHTML);
        const { stroke, strokeWidth, fill, fillOpacity } = style;
        const isStroked = stroke !== 'none' && parseFloat(strokeWidth) > 0;
        const color = isStroked ? stroke : fillOpacity === '0' ? 'none' : fill;
        const isText = element.tagName === 'text';
        if (color !== 'none' && (isText || !element.closest(${JSON.stringify(areas)}))) {
          found.push([isText ? 'text' : 'line', color, below(holder)]);
        }
      }
    }
    return found;
  })()`)) as Found[];
  // Lines of a grid are decoration.
  const grid = palette.line.map((color) => bytesOf(color).join());
  const measured = all
    .filter(([kind, color]) => !(kind === 'line' && grid.includes(bytesOf(color).join())))
    .map(([kind, color, ground]) => ({ kind, color, ground, ratio: contrast(bytesOf(color), bytesOf(ground)) }));
  expect(measured.filter(({ kind }) => kind === 'line').length).toBeGreaterThan(5);
  expect(measured.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(20);
  return measured.filter(({ kind, ratio }) => ratio < (kind === 'text' ? 4.5 : 3));
}
