/** What can be chosen for one layer: to stay dense at no loss, or to be GDWS with n = 1, 2, ... steps. */
export interface Choices {
  /** Cost of the standard convolution. */
  readonly dense: number;
  /** Cost of one step. */
  readonly step: number;
  /** Loss after n steps, non-increasing and convex in n; `losses[0]`, no kernel at all, is never chosen. */
  readonly losses: Float64Array;
}

/** Steps to take, or the layer stays as it is. */
export type Choice = number | 'dense';

export function costOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? choices.dense : choice * choices.step;
}

export function lossOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? 0 : choices.losses[choice]!;
}

/** GDWS with so many steps where that is cheaper than the standard convolution, which else is the better choice. */
export function ifCheaper(choices: Choices, steps: number): Choice {
  return steps * choices.step < choices.dense ? steps : 'dense';
}

/** Every layer at its least cost. */
export function cheapest(layers: readonly Choices[]): Choice[] {
  return layers.map((choices) => ifCheaper(choices, 1));
}

/**
 * Least total loss at a total cost of at most `budget`, by a Lagrange multiplier: each layer moves along the lower convex
 * hull of its (cost, loss), and of all layers' moves those that gain most per cost are made first. That is the optimum
 * for its own cost. Of the first move that no longer fits, from GDWS to dense, as many steps are made as do fit. The loss
 * exceeds the optimum by less than the gain of that move, and never grows with the budget.
 *
 * @returns one choice a layer, or `undefined` where even the least cost exceeds the budget
 */
export function allocate(layers: readonly Choices[], budget: number): Choice[] | undefined {
  const chosen = cheapest(layers);
  let left = budget - totalCost(layers, chosen);
  if (left < 0) return undefined;

  const moves = layers.flatMap((choices, layer) =>
    hullMoves(choices).map((move) => ({ ...move, layer, rate: move.gain / move.cost })),
  );
  // Stable: the moves of a layer, whose gains per cost fall, stay in order.
  moves.sort((a, b) => b.rate - a.rate);
  for (const { layer, to, cost } of moves) {
    if (cost > left) {
      chosen[layer] = partly(layers[layer]!, chosen[layer] as number, left);
      break;
    }
    chosen[layer] = to;
    left -= cost;
  }
  return chosen;
}

export function totalCost(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + costOf(choices, chosen[layer]!), 0);
}

/** As many steps more as `left` pays. */
function partly({ step, losses }: Choices, steps: number, left: number): number {
  return Math.min(steps + Math.floor(left / step), losses.length - 1);
}

interface Move {
  readonly to: Choice;
  readonly cost: number;
  readonly gain: number;
}

/** The moves along a layer's lower convex hull from one step to dense. */
function hullMoves({ dense, step, losses }: Choices): Move[] {
  const moves: Move[] = [];
  for (let steps = 1; steps * step < dense; ++steps) {
    const toDense: Move = { to: 'dense', cost: dense - steps * step, gain: losses[steps]! };
    const next: Move = { to: steps + 1, cost: step, gain: losses[steps]! - (losses[steps + 1] ?? 0) };
    const nextIsCheaper = (steps + 1) * step < dense && steps + 1 < losses.length;
    if (!nextIsCheaper || toDense.gain / toDense.cost >= next.gain / next.cost) {
      if (toDense.gain > 0) moves.push(toDense);
      break;
    }
    moves.push(next);
  }
  return moves;
}
