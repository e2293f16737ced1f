/** What can be chosen for one layer: to stay dense at no loss, or to be GDWS with n = 1, 2, ... steps. */
export interface Choices {
  /** Cost of the standard convolution. */
  readonly dense: number;
  /**
   * Cost after n steps, non-decreasing: linear where multiply-accumulates or weights are counted, anything where time was
   * measured. As long as `losses`; `costs[0]` is never read.
   */
  readonly costs: ArrayLike<number>;
  /** Loss after n steps, non-increasing; `losses[0]`, no kernel at all, is never chosen. */
  readonly losses: Float64Array;
}

/** Steps to take, or the layer stays as it is. */
export type Choice = number | 'dense';

/** A choice for each layer. */
export interface Allocation {
  readonly chosen: Choice[];
  /** Total loss. */
  readonly loss: number;
  /** No allocation within the budget loses less: the relaxation that may mix a layer's choices loses as much. */
  readonly bound: number;
}

export function costOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? choices.dense : choices.costs[choice]!;
}

export function lossOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? 0 : choices.losses[choice]!;
}

/** GDWS with so many steps where that is cheaper than the standard convolution, which else is the better choice. */
export function ifCheaper(choices: Choices, steps: number): Choice {
  return choices.costs[steps]! < choices.dense ? steps : 'dense';
}

/** Costs of 0, 1, ..., `steps` steps that cost `step` each. */
export function linearCosts(step: number, steps: number): Float64Array {
  return Float64Array.from({ length: steps + 1 }, (_, n) => n * step);
}

/** Every layer at its least cost. */
export function cheapest(layers: readonly Choices[]): Choice[] {
  return layers.map((choices) => usefulChoices(choices)[0]!);
}

/**
 * Least total loss at a total cost of at most `budget`, by a Lagrange multiplier: each layer moves along the lower convex
 * hull of its (cost, loss), and of all layers' moves those that gain most per cost are made first. That is the optimum
 * for its own cost. What the first move that no longer fits leaves over buys as much as one layer's move can.
 *
 * @returns `undefined` where even the least cost exceeds the budget
 */
export function allocate(layers: readonly Choices[], budget: number): Allocation | undefined {
  const chosen = cheapest(layers);
  let left = budget - totalCost(layers, chosen);
  if (left < 0) return undefined;

  const moves = layers.flatMap((choices, layer) => hullMoves(choices).map((move) => ({ ...move, layer })));
  // Stable: the moves of a layer, whose gains per cost fall, stay in order.
  moves.sort((a, b) => b.gain / b.cost - a.gain / a.cost);
  let bound = 0;
  for (const { layer, to, cost, gain } of moves) {
    if (cost > left) {
      bound = Math.max(0, totalLoss(layers, chosen) - (gain / cost) * left);
      chosen[layer] = within(layers[layer]!, costOf(layers[layer]!, chosen[layer]!) + left);
      break;
    }
    chosen[layer] = to;
    left -= cost;
  }
  return { chosen, loss: totalLoss(layers, chosen), bound };
}

export function totalCost(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + costOf(choices, chosen[layer]!), 0);
}

export function totalLoss(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + lossOf(choices, chosen[layer]!), 0);
}

/** The choices of a layer that no other beats in cost and loss, from the cheapest to the one that loses least. */
function usefulChoices(choices: Choices): Choice[] {
  const { costs, losses, dense } = choices;
  const useful: Choice[] = [];
  for (let steps = 1; steps < losses.length && costs[steps]! < dense; ++steps) {
    const before = useful.at(-1);
    if (before !== undefined && losses[steps]! >= lossOf(choices, before)) continue;
    if (before !== undefined && costs[steps]! <= costOf(choices, before)) useful.pop();
    useful.push(steps);
  }
  if (useful.length === 0 || lossOf(choices, useful.at(-1)!) > 0) useful.push('dense');
  return useful;
}

/** The least loss at a cost of at most `budget`. */
function within(choices: Choices, budget: number): Choice {
  return usefulChoices(choices).findLast((choice) => costOf(choices, choice) <= budget)!;
}

interface Move {
  readonly to: Choice;
  readonly cost: number;
  readonly gain: number;
}

/** The moves along a layer's lower convex hull, from its cheapest choice on. */
function hullMoves(choices: Choices): Move[] {
  const moves: Move[] = [];
  const corners: Choice[] = [];
  const move = (from: Choice, to: Choice): Move => ({
    to,
    cost: costOf(choices, to) - costOf(choices, from),
    gain: lossOf(choices, from) - lossOf(choices, to),
  });
  for (const choice of usefulChoices(choices)) {
    for (let last = moves.at(-1); last; last = moves.at(-1)) {
      const next = move(corners.at(-1)!, choice);
      if (last.gain * next.cost > next.gain * last.cost) break;
      moves.pop();
      corners.pop();
    }
    if (corners.length > 0) moves.push(move(corners.at(-1)!, choice));
    corners.push(choice);
  }
  return moves;
}
