import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { compress } from '../../src/compress/compress';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { chromium } from '../html/browser';
import { root } from '../package/npm';

// The page of examples/browser in Chromium: what it compresses and runs in WebAssembly is compared with what the addon does.

const engine = path.join(root, 'build/platforms/wasm32');
const model = path.join(root, 'examples/robust-mnist.onnx');
const missing = [
  ...(chromium ? [] : ['a browser']),
  ...(fs.existsSync(path.join(engine, 'gdws.wasm')) ? [] : ['npm run build:platforms -- --targets wasm32']),
];
if (missing.length > 0) console.warn(`The page in a browser is not tested: ${missing.join(', ')} missing.`);

let folder: string;
let server: ChildProcess;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

async function open() {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-browser-'));
  fs.cpSync(path.join(root, 'examples/browser'), folder, { recursive: true });
  const installed = path.join(folder, 'node_modules/@gdws/wasm32');
  fs.mkdirSync(installed, { recursive: true });
  fs.symlinkSync(path.join(engine, 'gdws.wasm'), path.join(installed, 'gdws.wasm'));
  const script = path.join(root, 'scripts/platforms/wasm.mjs');
  execFileSync(process.execPath, [
    '--input-type=module',
    '-e',
    `import { bundleWasm } from ${JSON.stringify(script)}; bundleWasm(${JSON.stringify(installed)});`,
  ]);
  server = spawn(process.execPath, [path.join(folder, 'serve.mjs'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(server.stdout as Readable, 'data')) as [Buffer];
  browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(said.toString().trim());
}

/** Gives the page a file, and returns what it says in the end. */
async function give(file: string): Promise<string> {
  await page.evaluate(`document.getElementById('state').textContent = ''`);
  await ((await page.$('#file')) as unknown as { uploadFile(file: string): Promise<void> }).uploadFile(file);
  const said = `document.getElementById('state').textContent`;
  const isWorking = `/^(Loading|Reading|Decomposing|Running)[ :]/.test(${said})`;
  await page.waitForFunction(`${said} !== '' && !${isWorking}`, { timeout: 60_000 });
  return (await page.evaluate(said)) as string;
}

const noise = Float32Array.from({ length: 4 * 784 }, (_, i) => ((i * 7919) % 101) / 101);

async function outputsOf(bytes: Uint8Array): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes);
  const results = await session.run({ [session.inputNames[0]!]: new Tensor('float32', noise, [4, 1, 28, 28]) });
  return results[session.outputNames[0]!]!.data as Float32Array;
}

(missing.length > 0 ? describe.skip : describe)('the page that compresses', () => {
  beforeAll(open, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('shows what half of the multiply-accumulates gain and change, and gives the model', async () => {
    expect(await give(model)).toBe('Done');
    const rows = (await page.evaluate(
      `[...document.querySelectorAll('#result tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
    )) as string[][];
    expect(rows.map(([name]) => name)).toEqual(['multiply-accumulates', 'file', 'one run']);
    const expected = await compress(model, { macs: 0.5 });
    const { before, after } = expected.summary.macs!;
    expect(rows[0]!.slice(1)).toEqual([
      `${(before / 1e6).toFixed(1)} million`,
      `${(after / 1e6).toFixed(1)} million`,
      (after / before).toFixed(2),
    ]);
    expect(parseFloat(rows[2]![1]!)).toBeGreaterThan(0);

    const agreement = (await page.evaluate(`document.getElementById('agreement').textContent`)) as string;
    const difference = Number(/differ by ([\d.]+) %/.exec(agreement)![1]);
    // The compressed network is another one, and not a wrong one.
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(100);

    const made = (await page.evaluate(
      `fetch(document.getElementById('save').href).then((got) => got.arrayBuffer()).then((bytes) => [...new Uint8Array(bytes)])`,
    )) as number[];
    const [here, there] = [await outputsOf(expected.bytes()), await outputsOf(Uint8Array.from(made))];
    const largest = Math.max(...here.map(Math.abs));
    for (const [i, number] of here.entries()) expect(Math.abs(there[i]! - number)).toBeLessThan(1e-4 * largest);
    expect(complaints).toEqual([]);
  }, 240_000);

  test('runs a network as the addon does', async () => {
    const there = (await page.evaluate(`(async () => {
      const { load } = await import('/node_modules/@gdws/wasm32/gdws.mjs');
      const { start, simd, InferenceSession, Tensor } = await import('/node_modules/@gdws/wasm32/browser.mjs');
      start(await load());
      const bytes = new Uint8Array(${JSON.stringify([...fs.readFileSync(model)])});
      const session = await InferenceSession.create(bytes);
      const noise = Float32Array.from({ length: 4 * 784 }, (_, i) => ((i * 7919) % 101) / 101);
      const { [session.outputNames[0]]: logits } = await session.run({ [session.inputNames[0]]: new Tensor('float32', noise, [4, 1, 28, 28]) });
      return { logits: [...logits.data], inUse: simd().inUse };
    })()`)) as { logits: number[]; inUse: string };
    expect(there.inUse).toBe('wasm');
    const here = await outputsOf(fs.readFileSync(model));
    const largest = Math.max(...here.map(Math.abs));
    for (const [i, number] of here.entries()) expect(Math.abs(there.logits[i]! - number)).toBeLessThan(1e-5 * largest);
  }, 120_000);

  test('says why it cannot read a file', async () => {
    expect(await give(path.join(root, 'package.json'))).toMatch(/ONNX/);
  }, 120_000);
});
