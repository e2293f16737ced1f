import { Random } from '../../operators/random';
import { bool, checkModel, ints } from './models';
import { RandomModel } from './random-model';

const seeds = Array.from({ length: Number(process.env.GDWS_RANDOM_MODELS ?? 40) }, (_, seed) => seed);

test.each(seeds)('a random network, %d, whose branches, trips and sizes differ from run to run', async (seed) => {
  const random = new Random(1000 + seed);
  const tested = new RandomModel(random).make();
  const feeds = [5, 5, 2, 5, 2].map((n, i) => ({
    x: random.floats([n], -1, 1),
    z: random.floats([n], -1, 1),
    trips: ints([], [3, 1, 2, 4, 1][i]!),
    flag: bool(i % 2 === 0),
  }));
  // Rounding errors add up over the trips.
  await checkModel(tested, feeds, 1e-4);
});
