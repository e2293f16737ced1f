import { GdwsError } from '../base/errors';
import { allocate, cheapest, type Allocation } from '../gdws/allocation';
import { ifCheaper, linearCosts, totalCost, type Choice, type Choices } from '../gdws/choices';
import { denseWeights, gdwsWeights } from '../gdws/cost';
import type { Layer } from '../gdws/layers';
import { lego } from '../gdws/lego';
import type { Ranking } from '../gdws/ranking';
import { latencyCosts, type LatencyModel } from '../latency/latency-model';
import type { Goal } from './options';

/** A layer that may be replaced, with its components ranked. */
export interface RankedLayer {
  readonly layer: Layer;
  readonly ranking: Ranking;
  /** Growth of the network's loss after each number of steps, measured on data. Non-increasing and convex. */
  readonly losses?: Float64Array;
}

/** How many steps each layer takes. */
export interface Plan {
  readonly chosen: readonly Choice[];
  /** For a budget. */
  readonly allocation?: Allocation;
}

/**
 * How many steps each layer takes. Every GDWS layer keeps at least one kernel in each group, and a layer that would not be
 * cheaper stays dense. Where the goal is a time, costs are those of the latency model.
 *
 * `beta` and `error` run LEGO layer by layer. Budgets minimise Σ (e² / energy)² over the layers (docs/allocation.md).
 *
 * @throws {GdwsError} BUDGET_OUT_OF_RANGE where even one kernel a group is too much, naming the least achievable share
 */
export function plan(
  layers: readonly RankedLayer[],
  goal: Goal,
  network: { macs?: number; params: number; latency?: LatencyModel },
): Plan {
  switch (goal.kind) {
    case 'beta':
      return { chosen: layers.map((one) => withError(one, goal.value)) };
    case 'error':
      return { chosen: layers.map((one) => withError(one, goal.value * one.ranking.errors[0]!)) };
    case 'macs':
      return withinBudget(layers.map(macs), network.macs!, goal.value, leastShare(goal));
    case 'params':
      return withinBudget(layers.map(params), network.params, goal.value, leastShare(goal));
    case 'latency':
    case 'fps': {
      const model = network.latency!;
      // What the dense network is faster than leaves it as it is.
      const share = Math.min(1, timeOf(goal, model) / model.dense);
      return withinBudget(times(layers, model), model.dense, share, (least) =>
        tooFast(goal, model, least * model.dense),
      );
    }
  }
}

/** Milliseconds of a run that a goal allows. Shares are of the dense network in floats. */
export function timeOf({ kind, value }: Goal, { dense, inFloats, batch }: LatencyModel): number {
  return kind === 'fps' ? (1000 * batch) / value : value * (inFloats?.dense ?? dense);
}

/** @param least milliseconds that are possible */
export function tooFast(goal: Goal, { dense, inFloats, batch }: LatencyModel, least: number): GdwsError {
  return goal.kind === 'fps'
    ? highestRate(goal, (1000 * batch) / least)
    : leastShare(goal)(least / (inFloats?.dense ?? dense));
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

/** In milliseconds. A layer without times stays dense. */
function times(layers: readonly RankedLayer[], model: LatencyModel): Choices[] {
  return layers.map((one) => {
    const { shape, name } = one.layer;
    const costs = latencyCosts(model.layers[name], shape.groups, one.ranking.steps);
    return { ...costs, losses: budgetLosses(one) };
  });
}

/** A layer that costs `pixels` times its weights. */
function choicesOf({ layer: { shape }, ranking }: RankedLayer, pixels: number, losses: Float64Array): Choices {
  const costs = linearCosts(gdwsWeights(shape, shape.groups) * pixels, ranking.steps);
  return { dense: denseWeights(shape) * pixels, costs, losses };
}

/**
 * The losses of the network where they were measured; otherwise (e² / energy)², which is convex as e² is, and steeper for a
 * layer with a large error.
 */
export function budgetLosses({ ranking: { errors }, losses }: RankedLayer): Float64Array {
  if (losses) return losses;
  const energy = errors[0]!;
  return errors.map((error) => (energy > 0 ? (error / energy) ** 2 : 0));
}

/** @param refusal makes the error where no allocation fits, from the least share that one needs */
function withinBudget(
  layers: readonly Choices[],
  total: number,
  share: number,
  refusal: (least: number) => GdwsError,
): Plan {
  const fixed = total - layers.reduce((sum, { dense }) => sum + dense, 0);
  // Rounding must not refuse the share that the error names.
  const allocation = allocate(layers, share * total * (1 + 1e-12) - fixed);
  if (allocation) return { chosen: allocation.chosen, allocation };
  throw refusal((fixed + totalCost(layers, cheapest(layers))) / total);
}

function leastShare({ kind, value }: Goal): (least: number) => GdwsError {
  return (least) =>
    new GdwsError('BUDGET_OUT_OF_RANGE', `no GDWS network keeps only ${value} of the ${kind}.`, {
      remedy:
        `The least achievable is ${Math.ceil(least * 1e4) / 1e4}: every layer that may be replaced at one kernel a group, ` +
        'and all that may not.',
    });
}

function highestRate({ value }: Goal, highest: number): GdwsError {
  return new GdwsError('BUDGET_OUT_OF_RANGE', `no GDWS network makes ${value} images a second here.`, {
    remedy:
      `The most achievable is ${Math.floor(highest * 100) / 100}: every layer that may be replaced at one kernel a group, ` +
      'and all that may not.',
  });
}
