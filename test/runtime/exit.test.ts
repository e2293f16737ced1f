import { Children, isLinux } from './children';
import { convolutionStack } from './models';

const children = new Children();
afterAll(() => children.remove());
const model = children.file('stack.onnx', convolutionStack({ channels: 32, layers: 12 }));

/** What the C and C++ runtimes, V8 and sanitizers say when a process goes down. */
const crash =
  /terminate called|Aborted|Assertion|FATAL|Fatal|core dumped|Segmentation|libgomp|pure virtual|Sanitizer|Check failed/;

interface Case {
  readonly end: string;
  readonly code: number | null;
  readonly signal?: NodeJS.Signals;
}

const ends: readonly Case[] = [
  { end: 'return', code: 0 },
  { end: 'process.exit(3)', code: 3 },
  { end: 'exit in finally', code: 4 },
  { end: 'uncaught exception', code: 1 },
  { end: 'unhandled rejection', code: 1 },
  { end: 'unhandled rejection of a run', code: 1 },
  { end: 'exit while equations are solved', code: 5 },
  { end: 'exit while a network is compiled', code: 5 },
];
const signals: readonly Case[] = [
  { end: 'SIGTERM', code: null, signal: 'SIGTERM' },
  { end: 'SIGINT', code: null, signal: 'SIGINT' },
];

async function check({ end, code, signal }: Case, inWorker: boolean): Promise<void> {
  const ended = await children.start('exit', { model, end, inWorker }, { killWith: signal });
  expect(ended.stderr).not.toMatch(crash);
  expect({ code: ended.code, signal: ended.signal }).toEqual({ code, signal: signal ?? null });
  expect(ended.stdout).toContain('ready');
  // Far longer than a run of it takes, and far shorter than what is queued on a slow machine.
  expect(ended.seconds).toBeLessThan(40);
}

describe('a process that ends while work is in flight', () => {
  test.concurrent.each(ends)('$end: code $code', (each) => check(each, false));
  (isLinux ? test.concurrent : test.concurrent.skip).each(signals)('$end: $signal', (each) => check(each, false));
  (isLinux ? test.concurrent : test.concurrent.skip)('process.exit in a handler of SIGTERM: code 7', () =>
    check({ end: 'exit in SIGTERM', code: 7 }, false),
  );
});

describe('a process with a worker whose work is in flight', () => {
  test.concurrent.each(ends)('$end: code $code', (each) => check(each, true));
  (isLinux ? test.concurrent : test.concurrent.skip).each(signals)('$end: $signal', (each) => check(each, true));
});
