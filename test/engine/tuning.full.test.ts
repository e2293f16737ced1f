import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor, type SessionOptions } from '../../src/engine/session';
import { temporaryFolder } from '../onnx/temporary-folder';
import { typescriptLoader } from '../typescript-loader';
import { convolutionModel } from './convolution-model';

const folder = temporaryFolder();
let folders = 0;
const newCache = () => folder.file(`cache-${folders++}`);

interface ChildResult {
  readonly kernels: readonly string[];
  readonly operationsMeasured: number;
  readonly measurementsReused: number;
  readonly weightBytes: number;
}

/** Sessions in a process of their own, where nothing was measured yet. */
async function inChild(
  cache: string,
  {
    options = {},
    channels = [8],
    tuning = 'thorough',
  }: { options?: SessionOptions; channels?: number[]; tuning?: string } = {},
): Promise<ChildResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...typescriptLoader, path.join(__dirname, 'tuning.child.ts'), JSON.stringify([options, channels])],
    { env: { ...process.env, GDWS_CACHE_DIR: cache, GDWS_TUNING: tuning } },
  );
  return JSON.parse(stdout) as ChildResult;
}

function cacheFile(cache: string): string {
  const files = fs.readdirSync(cache);
  expect(files).toHaveLength(1);
  return path.join(cache, files[0]!);
}

type Content = Record<string, unknown> & { kernels: Record<string, string> };
const read = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8')) as Content;

/** Makes the cache of a first process say that another kernel was faster. */
async function cacheThatSays(kernel: string): Promise<string> {
  const cache = newCache();
  await inChild(cache);
  const file = cacheFile(cache);
  const content = read(file);
  content.kernels = Object.fromEntries(Object.keys(content.kernels).map((key) => [key, kernel]));
  fs.writeFileSync(file, JSON.stringify(content));
  return cache;
}

describe('the choice of kernels by time', () => {
  test('is made once for a shape, and kept for later sessions and processes', async () => {
    const cache = newCache();
    const first = await inChild(cache, { channels: [8, 8, 12] });
    expect(first).toMatchObject({ operationsMeasured: 2, measurementsReused: 3 });
    const second = await inChild(cache, { channels: [8, 12, 12] });
    expect(second).toMatchObject({ operationsMeasured: 0, measurementsReused: 3 });
    expect([second.kernels[0], second.kernels[1]]).toEqual([first.kernels[0], first.kernels[2]]);
    // Another number of threads is another question.
    expect(await inChild(cache, { options: { intraOpNumThreads: 3 } })).toMatchObject({ operationsMeasured: 1 });
    expect(Object.keys(read(cacheFile(cache)).kernels)).toHaveLength(3);
  });

  test.each(['convolution.product', 'convolution.winograd2', 'convolution.winograd4'])(
    'follows the cache: %s',
    async (kernel) => {
      const cache = await cacheThatSays(kernel);
      expect(await inChild(cache)).toMatchObject({ kernels: [kernel], operationsMeasured: 0, measurementsReused: 1 });
    },
  );

  test.each(['matmul.product', 'convolution.reference', 'no.such.kernel'])(
    'is not led to a kernel that does not compete: %s',
    async (kernel) => {
      const { kernels } = await inChild(await cacheThatSays(kernel));
      expect(kernels[0]).toMatch(/^convolution\.(product|winograd)/);
    },
  );

  test('can be switched off, by option and by environment; the option counts more; a forced kernel most', async () => {
    const [estimated] = (await inChild(newCache(), { tuning: 'off' })).kernels as [string];
    const other = estimated === 'convolution.product' ? 'convolution.winograd2' : 'convolution.product';
    const cache = await cacheThatSays(other);
    const untuned = { kernels: [estimated], operationsMeasured: 0, measurementsReused: 0 };
    expect(await inChild(cache, { options: { tuning: 'off' } })).toMatchObject(untuned);
    expect(await inChild(cache, { tuning: 'off' })).toMatchObject(untuned);
    expect(await inChild(cache, { tuning: 'off', options: { tuning: 'thorough' } })).toMatchObject({
      measurementsReused: 1,
    });
    const forced = await inChild(cache, { options: { kernel: 'reference', tuning: 'thorough' } });
    expect(forced).toMatchObject({ ...untuned, kernels: ['convolution.reference'] });
    const unused = newCache();
    await inChild(unused, { tuning: 'off' });
    expect(fs.existsSync(unused)).toBe(false);
  });

  test.each<[string, (content: Content) => string]>([
    ['empty', () => ''],
    ['cut short', (content) => JSON.stringify(content).slice(0, -9)],
    ['no text', () => '\0\u{fffd}\n'],
    ['a list', () => '[1, 2]'],
    ['null', () => 'null'],
    ['of another format', (content) => JSON.stringify({ ...content, format: 99 })],
    ['of another build', (content) => JSON.stringify({ ...content, build: 'x' })],
    ['without kernels', (content) => JSON.stringify({ ...content, kernels: undefined })],
    ['with a list of kernels', (content) => JSON.stringify({ ...content, kernels: ['x'] })],
    ['with numbers for kernels', (content) => JSON.stringify({ ...content, kernels: { x: 1 } })],
    ['huge', (content) => JSON.stringify(content) + ' '.repeat(9 << 20)],
  ])('takes a file that is %s for none, and replaces it', async (_, damage) => {
    const cache = newCache();
    await inChild(cache);
    const file = cacheFile(cache);
    const good = read(file);
    fs.writeFileSync(file, damage(good));
    expect(await inChild(cache)).toMatchObject({ operationsMeasured: 1 });
    expect({ ...read(cacheFile(cache)), kernels: {} }).toEqual({ ...good, kernels: {} });
  });

  test('does without a cache that cannot be read or written', async () => {
    const cache = newCache();
    await inChild(cache);
    const file = cacheFile(cache);
    fs.rmSync(file);
    fs.mkdirSync(file);
    expect(await inChild(cache)).toMatchObject({ operationsMeasured: 1 });
    expect(fs.readdirSync(cache)).toEqual([path.basename(file)]);
    const notAFolder = folder.file('file');
    fs.writeFileSync(notAFolder, '');
    expect(await inChild(path.join(notAFolder, 'below'))).toMatchObject({ operationsMeasured: 1 });
  });

  test('keeps no weights that were packed only to be measured', async () => {
    const cache = newCache();
    const measured = await inChild(cache);
    expect(measured.operationsMeasured).toBe(1);
    const known = await inChild(cache);
    expect(known.operationsMeasured).toBe(0);
    expect(measured.weightBytes).toBeGreaterThan(0);
    expect(measured.weightBytes).toBe(known.weightBytes);
  });

  test('may be made by several processes at once', async () => {
    const cache = newCache();
    const results = await Promise.all([1, 2, 3, 4].map((i) => inChild(cache, { channels: [8, 8 + i, 16, 16 + i] })));
    for (const { kernels } of results) expect(kernels).toHaveLength(4);
    const { kernels } = read(cacheFile(cache));
    expect(Object.keys(kernels).length).toBeGreaterThanOrEqual(4);
  });
});

describe('a session that measures', () => {
  const options: SessionOptions = { tuning: 'thorough' };
  const image = (...dims: number[]) =>
    new Tensor(
      'float32',
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
      dims,
    );
  const create = (given: SessionOptions = options) => InferenceSession.create(convolutionModel(6), given);
  let environment: string | undefined;

  beforeAll(() => {
    environment = process.env.GDWS_CACHE_DIR;
    process.env.GDWS_CACHE_DIR = newCache();
  });
  afterAll(() => {
    if (environment === undefined) delete process.env.GDWS_CACHE_DIR;
    else process.env.GDWS_CACHE_DIR = environment;
  });

  test('gives the results of one that does not, but for rounding', async () => {
    const x = image(2, 6, 17, 13);
    const [tuned, untuned] = [await create(), await create({ tuning: 'off' })];
    const before = counters().operationsMeasured;
    const { y } = await tuned.run({ x });
    expect(counters().operationsMeasured).toBe(before + 1);
    const expected = (await untuned.run({ x })).y!.data as Float32Array;
    (y!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    expect(counters().operationsMeasured).toBe(before + 1);
  });

  test('measures in runSync too', async () => {
    const session = await create();
    const before = counters().operationsMeasured;
    expect(session.runSync({ x: image(1, 6, 9, 21) }).y!.dims).toEqual([1, 6, 9, 21]);
    session.runSync({ x: image(1, 6, 9, 21) });
    expect(counters().operationsMeasured).toBe(before + 1);
  });

  test('copies its feeds before it measures, and compiles once for runs that begin together', async () => {
    const session = await create();
    const x = image(1, 6, 31, 7);
    const wanted = session.runSync({ x: image(1, 6, 31, 7) }).y!.data;
    const other = await create();
    const compiled = counters().programsCompiled;
    const runs = [other.run({ x }), other.run({ x })];
    x.data.fill(NaN);
    for (const { y } of await Promise.all(runs)) expect(y!.data).toEqual(wanted);
    expect(counters().programsCompiled).toBe(compiled + 1);
  });

  test('stops for release() and for a signal', async () => {
    const session = await create();
    const run = session.run({ x: image(1, 6, 50, 51) });
    await session.release();
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    const stop = new AbortController();
    const other = (await create()).run({ x: image(1, 6, 52, 53) }, { signal: stop.signal });
    stop.abort();
    await expect(other).rejects.toMatchObject({ code: 'ABORTED' });
    // What was being measured ends a little later.
    while (counters().running + counters().queued > 0) await setTimeout(1);
  });

  test("measures for a moment only, where it is 'on'", async () => {
    const before = counters().operationsMeasured;
    const session = await create({ tuning: 'on' });
    expect((await session.run({ x: image(1, 6, 60, 61) })).y!.dims).toEqual([1, 6, 60, 61]);
    expect(counters().operationsMeasured - before).toBeLessThanOrEqual(1);
  });

  test.each(['', 'yes', true, null, 1])('refuses the option %p', async (tuning) => {
    const session = InferenceSession.create(convolutionModel(4), { tuning } as unknown as SessionOptions);
    await expect(session).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
