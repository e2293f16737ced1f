import { GdwsError } from '../errors';
import {
  allocate,
  cheapest,
  ifCheaper,
  linearCosts,
  totalCost,
  type Allocation,
  type Choice,
  type Choices,
} from './allocation';
import { denseWeights, gdwsWeights } from './cost';
import type { Layer } from './layers';
import { lego } from './lego';
import type { Goal } from './options';
import type { Ranking } from './ranking';

/** A layer that may be replaced, with its components ranked. */
export interface RankedLayer {
  readonly layer: Layer;
  readonly ranking: Ranking;
  /** How much the network's loss grows after each number of steps, measured on data. Non-increasing and convex. */
  readonly losses?: Float64Array;
}

/** How many steps each layer takes. */
export interface Plan {
  readonly chosen: readonly Choice[];
  /** Where a budget was spent over the network. */
  readonly allocation?: Allocation;
}

/**
 * How many steps each layer takes. Every GDWS layer keeps at least one kernel in each group, and a layer that would not be
 * cheaper stays dense.
 *
 * β and the share of the energy are LEGO, layer by layer. Budgets minimise Σ (e² / energy)² over the layers, of the errors
 * that the rankings hold (docs/allocation.md).
 *
 * @throws {GdwsError} BUDGET_OUT_OF_RANGE where even one kernel a group is too much, naming the least achievable share
 */
export function plan(layers: readonly RankedLayer[], goal: Goal, network: { macs?: number; params: number }): Plan {
  switch (goal.kind) {
    case 'beta':
      return { chosen: layers.map((one) => withError(one, goal.value)) };
    case 'error':
      return { chosen: layers.map((one) => withError(one, goal.value * one.ranking.errors[0]!)) };
    case 'macs':
      return withinBudget(layers.map(macs), network.macs!, goal);
    case 'params':
      return withinBudget(layers.map(params), network.params, goal);
  }
}

function withError(one: RankedLayer, beta: number): Choice {
  return ifCheaper(choicesOf(one, 1, one.ranking.errors), Math.max(1, lego(one.ranking, beta)));
}

function macs(one: RankedLayer): Choices {
  return choicesOf(one, one.layer.pixels!, budgetLosses(one));
}

function params(one: RankedLayer): Choices {
  const choices = choicesOf(one, 1, budgetLosses(one));
  return one.layer.weightsStay ? { ...choices, dense: 0 } : choices;
}

/** A layer that costs `pixels` times its weights. */
function choicesOf({ layer: { shape }, ranking }: RankedLayer, pixels: number, losses: Float64Array): Choices {
  const costs = linearCosts(gdwsWeights(shape, shape.groups) * pixels, ranking.steps);
  return { dense: denseWeights(shape) * pixels, costs, losses };
}

/**
 * The losses of the network where they were measured; else (e² / energy)²: convex, as e² is, and steeper for a layer that has
 * lost much already.
 */
function budgetLosses({ ranking: { errors }, losses }: RankedLayer): Float64Array {
  if (losses) return losses;
  const energy = errors[0]!;
  return errors.map((error) => (energy > 0 ? (error / energy) ** 2 : 0));
}

function withinBudget(layers: readonly Choices[], total: number, { kind, value }: Goal): Plan {
  const fixed = total - layers.reduce((sum, { dense }) => sum + dense, 0);
  // Rounding must not refuse the very share that the error below names.
  const allocation = allocate(layers, value * total * (1 + 1e-12) - fixed);
  if (allocation) return { chosen: allocation.chosen, allocation };
  const least = (fixed + totalCost(layers, cheapest(layers))) / total;
  throw new GdwsError('BUDGET_OUT_OF_RANGE', `no GDWS network keeps only ${value} of the ${kind}.`, {
    remedy:
      `The least achievable is ${Math.ceil(least * 1e4) / 1e4}: every layer that may be replaced at one kernel a group, ` +
      'and all that may not.',
  });
}
