import { lowerHull, type Frontier } from './frontier';

/** The optimum where a layer may be a mixture of two of its choices. */
export interface Relaxation {
  /** The mixture rounded down to its cheaper choice: for each layer, an index of its frontier. */
  readonly indices: readonly number[];
  /** The price of one unit of cost, as loss: `indices` minimise loss + multiplier · cost. */
  readonly multiplier: number;
  /** Budget that `indices` leave unused. */
  readonly slack: number;
  /** Its loss. */
  readonly bound: number;
}

/** A layer's lower convex hull. */
interface Hull {
  /** Indices of the frontier. */
  readonly corners: readonly number[];
  /** Gain per cost of the move to each corner from the one before; non-increasing. */
  readonly rates: Float64Array;
}

/**
 * The linear relaxation of the multiple-choice knapsack (Sinha and Zoltners, 1979): moves along the layers' lower convex hulls
 * are made in descending order of gain per cost until the budget is spent.
 *
 * @returns `undefined` where even the least cost exceeds the budget
 */
export function relax(frontiers: readonly Frontier<unknown>[], budget: number): Relaxation | undefined {
  const hulls = frontiers.map(hullOf);
  const costAt = (corners: readonly number[]) =>
    corners.reduce((sum, corner, layer) => sum + frontiers[layer]!.costs[hulls[layer]!.corners[corner]!]!, 0);
  let made = hulls.map(() => 0);
  if (costAt(made) > budget) return undefined;

  // Bisection over the rate leaves few moves to sort.
  let all = hulls.map(({ corners }) => corners.length - 1);
  let [tooLow, enough] = [0, hulls.reduce((most, { rates }) => Math.max(most, rates[1] ?? 0), 0)];
  for (let left = 64; left > 0 && costAt(all) > budget; --left) {
    const rate = (tooLow + enough) / 2;
    const reached = hulls.map(({ rates }) => movesAbove(rates, rate));
    if (costAt(reached) > budget) [tooLow, all] = [rate, reached];
    else [enough, made] = [rate, reached];
  }
  const moves = hulls.flatMap(({ corners, rates }, layer) =>
    corners.slice(made[layer]! + 1, all[layer]! + 1).map((_, i) => {
      const corner = made[layer]! + 1 + i;
      return { layer, corner, rate: rates[corner]! };
    }),
  );
  // Stable: the moves of a layer stay in order.
  moves.sort((a, b) => b.rate - a.rate);
  let multiplier = 0;
  let slack = budget - costAt(made);
  for (const { layer, corner, rate } of moves) {
    const { corners } = hulls[layer]!;
    const { costs } = frontiers[layer]!;
    const cost = costs[corners[corner]!]! - costs[corners[corner - 1]!]!;
    if (cost > slack) {
      multiplier = rate;
      break;
    }
    made[layer] = corner;
    slack -= cost;
  }
  const indices = made.map((corner, layer) => hulls[layer]!.corners[corner]!);
  const loss = frontiers.reduce((sum, { losses }, layer) => sum + losses[indices[layer]!]!, 0);
  return { indices, multiplier, slack, bound: Math.max(0, loss - multiplier * slack) };
}

function hullOf({ costs, losses }: Frontier<unknown>): Hull {
  const corners = lowerHull(costs, losses);
  const rates = Float64Array.from(corners, (to, corner) => {
    const from = corners[corner - 1];
    return from === undefined ? Infinity : (losses[from]! - losses[to]!) / (costs[to]! - costs[from]!);
  });
  return { corners, rates };
}

/** The last corner that is reached by moves above a rate. */
function movesAbove(rates: Float64Array, rate: number): number {
  let reached = 0;
  let beyond = rates.length;
  while (beyond - reached > 1) {
    const middle = (reached + beyond) >> 1;
    if (rates[middle]! > rate) reached = middle;
    else beyond = middle;
  }
  return reached;
}
