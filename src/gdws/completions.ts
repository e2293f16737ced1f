import { lowerHull } from './frontier';

/** A choice that may be part of a better solution than the best known. */
export interface Candidate {
  /** Index in the layer's frontier. */
  readonly index: number;
  /** Cost minus that of the relaxation's choice. */
  readonly cost: number;
  /** Loss + multiplier · cost, minus that of the relaxation's choice; at least 0. */
  readonly excess: number;
}

/** A move along the lower convex hull of a layer's candidates, away from the relaxation's choice. */
interface Move {
  readonly position: number;
  /** Difference in cost, above 0. */
  readonly cost: number;
  /** Excess per cost, at least 0. */
  readonly rate: number;
}

/** Lower bounds of the excess that completes partial solutions: the relaxation of the remaining layers. */
export class Completions {
  /** By rate. */
  private readonly dearer: readonly Move[];
  private readonly cheaper: readonly Move[];

  /** @param layers the candidates of each layer, by cost */
  constructor(
    layers: readonly (readonly Candidate[])[],
    private readonly multiplier: number,
  ) {
    const moves = layers.map((candidates) => {
      const costs = candidates.map(({ cost }) => cost);
      const excesses = candidates.map(({ excess }) => excess);
      const hull = lowerHull(costs, excesses);
      return hull.slice(1).map((to, i) => {
        const from = hull[i]!;
        const rate = Math.abs((excesses[to]! - excesses[from]!) / (costs[to]! - costs[from]!));
        return { from: costs[from]!, to: costs[to]!, rate };
      });
    });
    const side = (part: (cost: number) => number): Move[] =>
      moves
        .flatMap((ofLayer, position) =>
          ofLayer.map(({ from, to, rate }) => ({ position, cost: part(to) - part(from), rate })),
        )
        .filter(({ cost }) => cost > 0)
        .sort((a, b) => a.rate - b.rate);
    // Unused budget costs the multiplier per unit.
    this.dearer = side((cost) => Math.max(0, cost)).filter(({ rate }) => rate < multiplier);
    this.cheaper = side((cost) => Math.min(0, cost));
  }

  /**
   * The least excess of the layers after a position, as a function of the budget that is left for them beyond the costs of the
   * relaxation's choices, which may be negative.
   */
  after(position: number): (left: number) => number {
    const dearer = excessOf(this.dearer, position, this.multiplier);
    const cheaper = excessOf(this.cheaper, position, Infinity);
    return (left) => (left >= 0 ? dearer(left) : cheaper(-left));
  }
}

/** The excess of the moves after a position that change the cost by a given amount; beyond all moves, at `rate`. */
function excessOf(moves: readonly Move[], position: number, rate: number): (cost: number) => number {
  const costs = [0];
  const excesses = [0];
  for (const move of moves) {
    if (move.position <= position) continue;
    costs.push(costs.at(-1)! + move.cost);
    excesses.push(excesses.at(-1)! + move.cost * move.rate);
  }
  return (cost) => {
    let reached = 0;
    let beyond = costs.length;
    while (beyond - reached > 1) {
      const middle = (reached + beyond) >> 1;
      if (costs[middle]! <= cost) reached = middle;
      else beyond = middle;
    }
    const rest = cost - costs[reached]!;
    if (beyond < costs.length) {
      const slope = (excesses[beyond]! - excesses[reached]!) / (costs[beyond]! - costs[reached]!);
      return excesses[reached]! + rest * slope;
    }
    // Sums in another order may differ by rounding errors.
    return excesses[reached]! + (rest > 1e-9 * cost ? rest * rate : 0);
  };
}
