import type { Choice, Choices } from './choices';

/** The choices of a layer that are Pareto-optimal in cost and loss. */
export interface Frontier<AnyChoice = Choice> {
  /** From the cheapest to the one that loses least. */
  readonly choices: readonly AnyChoice[];
  /** Strictly increasing. */
  readonly costs: Float64Array;
  /** Strictly decreasing. */
  readonly losses: Float64Array;
}

export function frontierOf({ dense, costs, losses }: Choices): Frontier {
  const steps: number[] = [];
  for (let n = 1; n < losses.length && costs[n]! < dense; ++n) {
    const before = steps.at(-1);
    if (before !== undefined && losses[n]! >= losses[before]!) continue;
    if (before !== undefined && costs[n]! <= costs[before]!) steps.pop();
    steps.push(n);
  }
  const last = steps.at(-1);
  const isDenseBetter = last === undefined || losses[last]! > 0;
  return {
    choices: isDenseBetter ? [...steps, 'dense'] : steps,
    costs: Float64Array.from([...steps.map((n) => costs[n]!), ...(isDenseBetter ? [dense] : [])]),
    losses: Float64Array.from([...steps.map((n) => losses[n]!), ...(isDenseBetter ? [0] : [])]),
  };
}

/** What a choice of any kind costs and loses. */
export interface PricedChoice<AnyChoice> {
  readonly choice: AnyChoice;
  readonly cost: number;
  readonly loss: number;
}

/** The Pareto-optimal ones of any choices. */
export function frontierAmong<AnyChoice>(all: readonly PricedChoice<AnyChoice>[]): Frontier<AnyChoice> {
  const best: PricedChoice<AnyChoice>[] = [];
  for (const one of [...all].sort((a, b) => a.cost - b.cost || a.loss - b.loss)) {
    if (best.length === 0 || one.loss < best.at(-1)!.loss) best.push(one);
  }
  return {
    choices: best.map(({ choice }) => choice),
    costs: Float64Array.from(best, ({ cost }) => cost),
    losses: Float64Array.from(best, ({ loss }) => loss),
  };
}

/** The indices of the corners of the lower convex hull; costs increase strictly. */
export function lowerHull(costs: ArrayLike<number>, losses: ArrayLike<number>): number[] {
  const hull: number[] = [];
  for (let next = 0; next < costs.length; ++next) {
    while (hull.length > 1) {
      const [from, to] = [hull.at(-2)!, hull.at(-1)!];
      const gain = (losses[from]! - losses[to]!) * (costs[next]! - costs[to]!);
      if (gain > (losses[to]! - losses[next]!) * (costs[to]! - costs[from]!)) break;
      hull.pop();
    }
    hull.push(next);
  }
  return hull;
}
