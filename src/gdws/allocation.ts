import { totalCost, type Choice, type Choices } from './choices';
import { closeGap } from './core-search';
import { frontierOf, type Frontier } from './frontier';
import { relax } from './relaxation';

/** A choice for each layer. */
export interface Allocation<AnyChoice = Choice> {
  readonly chosen: readonly AnyChoice[];
  /** Total loss. */
  readonly loss: number;
  /** Lower bound of the loss of all allocations within the budget: the loss of the linear relaxation. */
  readonly bound: number;
  /** Whether the search was exhaustive, so that this allocation is optimal. */
  readonly isOptimal: boolean;
}

/** Every layer at its least cost. */
export function cheapest(layers: readonly Choices[]): Choice[] {
  return layers.map((choices) => frontierOf(choices).choices[0]!);
}

/**
 * Least total loss at a total cost of at most `budget`, where a layer stays dense or is GDWS. Where the budget is enough for all layers
 * as they are, they all stay dense.
 *
 * @returns `undefined` where even the least cost exceeds the budget
 */
export function allocate(layers: readonly Choices[], budget: number): Allocation | undefined {
  const dense = layers.map((): Choice => 'dense');
  if (totalCost(layers, dense) <= budget) return { chosen: dense, loss: 0, bound: 0, isOptimal: true };
  return allocateAmong(layers.map(frontierOf), budget);
}

/**
 * Least total loss at a total cost of at most `budget`: a multiple-choice knapsack. A Lagrange multiplier gives the bound and the
 * choices near the optimum (`relax`), a search among those gives the optimum (`closeGap`). It is exact on networks of dozens of
 * layers; where the search is cut short, `bound` limits the distance to the optimum.
 *
 * @returns `undefined` where even the least cost exceeds the budget
 */
export function allocateAmong<AnyChoice>(
  frontiers: readonly Frontier<AnyChoice>[],
  budget: number,
): Allocation<AnyChoice> | undefined {
  const relaxation = relax(frontiers, budget);
  if (!relaxation) return undefined;
  const { indices, isOptimal } = closeGap(frontiers, relaxation);
  const chosen = frontiers.map(({ choices }, layer) => choices[indices[layer]!]!);
  const loss = frontiers.reduce((sum, { losses }, layer) => sum + losses[indices[layer]!]!, 0);
  return { chosen, loss, bound: Math.min(loss, relaxation.bound), isOptimal };
}
