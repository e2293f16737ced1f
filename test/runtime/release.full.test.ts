import { Children, isLinux, memoryIsKept } from './children';
import { classifier, convolutionStack } from './models';
import type { Held, Plan } from './release.child';

const children = new Children();
afterAll(() => children.remove());

const megabyte = 1 << 20;
const free = children.file('free.onnx', convolutionStack({ channels: 64, layers: 2 }));
const fixed = children.file('fixed.onnx', convolutionStack({ channels: 64, layers: 2, size: 8 }));
const logits = children.file('logits.onnx', classifier(32, 16));
/** Of what is done by default; GDWS_LONG_TESTS asks for more. */
const times = process.env.GDWS_LONG_TESTS ? 10 : 1;

interface Case extends Omit<Plan, 'rounds'> {
  readonly name: string;
}
const inference = { kind: 'inference', perRound: 20 * times, dims: [1, 64, 8, 8] } as const;
const cases: readonly Case[] = [
  { name: 'released, from a file', ...inference, model: fixed, bytes: false, release: true, perRound: 100 * times },
  { name: 'released, from a file with free shapes', ...inference, model: free, bytes: false, release: true },
  { name: 'released, from bytes', ...inference, model: free, bytes: true, release: true },
  { name: 'dropped, from a file', ...inference, model: free, bytes: false, release: false },
  { name: 'dropped, from bytes', ...inference, model: free, bytes: true, release: false },
];
const gradient = {
  kind: 'gradient',
  model: logits,
  bytes: false,
  perRound: 20 * times,
  dims: [2, 32, 16, 16],
} as const;
const gradientCases: readonly Case[] = [
  { name: 'GradientSession, released', ...gradient, release: true },
  { name: 'GradientSession, dropped', ...gradient, release: false },
];

/** V8's young generation would grow by tens of megabytes when it pleases. */
const nodeOptions = ['--expose-gc', '--max-semi-space-size=1'];
/** glibc gives back what is freed, rather than keeping some ten megabytes of it, at times more and at times less. */
const env = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '0', MALLOC_MMAP_THRESHOLD_: '65536' };
/** Rounds before the allocators and the compiled JavaScript have settled, and those that are compared. */
const warmUp = 4;
const rounds = 10;

describe('sessions made, run and ended over and over leave nothing behind', () => {
  test.concurrent.each([...cases, ...gradientCases])('$name', async (plan) => {
    const held = await children.result<Held[]>('release', { ...plan, rounds }, { nodeOptions, env });
    for (const { weights, arenas } of held) expect({ weights, arenas }).toEqual({ weights: 0, arenas: 0 });
    const settled = held.slice(warmUp);
    const least = (of: (one: Held) => number) => Math.min(...settled.slice(0, 3).map(of));
    const last = (of: (one: Held) => number) => Math.min(...settled.slice(-3).map(of));
    expect(last(({ external }) => external) - least(({ external }) => external)).toBeLessThan(megabyte);
    if (!isLinux) return;
    expect(last(({ files }) => files)).toBe(least(({ files }) => files));
    expect(last(({ threads }) => threads)).toBe(least(({ threads }) => threads));
    if (memoryIsKept) return;
    expect(last(({ resident }) => resident) - least(({ resident }) => resident)).toBeLessThan(5 * megabyte);
  });
});
