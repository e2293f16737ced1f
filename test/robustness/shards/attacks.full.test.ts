import type { AttackSettings } from '../../../src';
import { expectSameInShards } from './figures';
import { smallCandidates } from './small-candidates';

const eps = 0.03;
const attacks: AttackSettings[] = [
  { attack: 'fgsm', norm: 'linf', eps },
  { attack: 'pgd', norm: 'l1', eps: 2, steps: 4 },
  { attack: 'msd', eps: { linf: eps, l2: 0.2, l1: 2 }, steps: 3 },
  { attack: 'apgd', norm: 'l2', eps: 0.2, steps: 5 },
  { attack: 'fab', norm: 'linf', eps, steps: 3, restarts: 2, targets: 2 },
  { attack: 'square', norm: 'l2', eps: 0.5, queries: 20 },
  { attack: 'autoattack', norm: 'linf', eps, steps: 3, queries: 10 },
];

describe.each([1, 2])('with %i threads', (threads) => {
  let small: Awaited<ReturnType<typeof smallCandidates>>;
  beforeAll(async () => void (small = await smallCandidates(60, threads)));
  afterAll(() => small.release());

  test.each(attacks)(
    '$attack in shards is as in one run, to the digit',
    async (settings) => {
      await expectSameInShards(small, settings);
    },
    300_000,
  );
});
