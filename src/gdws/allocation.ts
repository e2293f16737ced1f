import { closeGap } from './core-search';
import { frontierOf } from './frontier';
import { relax } from './relaxation';

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
  readonly chosen: readonly Choice[];
  /** Total loss. */
  readonly loss: number;
  /** No allocation within the budget loses less: the relaxation that may mix a layer's choices loses as much. */
  readonly bound: number;
  /** Whether the search was exhaustive, so that no allocation loses less than this one, either. */
  readonly isOptimal: boolean;
}

export function costOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? choices.dense : choices.costs[choice]!;
}

export function lossOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? 0 : choices.losses[choice]!;
}

export function totalCost(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + costOf(choices, chosen[layer]!), 0);
}

export function totalLoss(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + lossOf(choices, chosen[layer]!), 0);
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
  return layers.map((choices) => frontierOf(choices).choices[0]!);
}

/**
 * Least total loss at a total cost of at most `budget`: a multiple-choice knapsack. A Lagrange multiplier gives the bound
 * and the choices near which the optimum lies (`relax`), a search among those gives the optimum (`closeGap`). That is exact
 * on networks of dozens of layers; where the search is cut short, the loss is as near to the optimum as `bound` says. A
 * budget that pays for all layers as they are leaves them so, even if some are no better than GDWS.
 *
 * @returns `undefined` where even the least cost exceeds the budget
 */
export function allocate(layers: readonly Choices[], budget: number): Allocation | undefined {
  const dense = layers.map((): Choice => 'dense');
  if (totalCost(layers, dense) <= budget) return { chosen: dense, loss: 0, bound: 0, isOptimal: true };
  const frontiers = layers.map(frontierOf);
  const relaxation = relax(frontiers, budget);
  if (!relaxation) return undefined;
  const { indices, isOptimal } = closeGap(frontiers, relaxation);
  const chosen = frontiers.map(({ choices }, layer) => choices[indices[layer]!]!);
  const loss = totalLoss(layers, chosen);
  return { chosen, loss, bound: Math.min(loss, relaxation.bound), isOptimal };
}
