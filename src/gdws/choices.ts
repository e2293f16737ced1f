/** The choices of one layer: to stay dense at no loss, or to be GDWS with n = 1, 2, ... steps. */
export interface Choices {
  /** Cost of the standard convolution. */
  readonly dense: number;
  /**
   * Cost after n steps, non-decreasing; linear where multiply-accumulates or weights are counted. As long as `losses`; `costs[0]`
   * is never read.
   */
  readonly costs: ArrayLike<number>;
  /** Loss after n steps, non-increasing; `losses[0]`, no kernel at all, is never chosen. */
  readonly losses: Float64Array;
}

/** Number of steps, or the layer stays dense. */
export type Choice = number | 'dense';

export function costOf(choices: Choices, choice: Choice): number {
  return choice === 'dense' ? choices.dense : choices.costs[choice]!;
}

export function totalCost(layers: readonly Choices[], chosen: readonly Choice[]): number {
  return layers.reduce((sum, choices, layer) => sum + costOf(choices, chosen[layer]!), 0);
}

/** GDWS with this number of steps if it is cheaper than the standard convolution, otherwise that. */
export function ifCheaper(choices: Choices, steps: number): Choice {
  return choices.costs[steps]! < choices.dense ? steps : 'dense';
}

/** Costs of 0, 1, ..., `steps` steps that cost `step` each. */
export function linearCosts(step: number, steps: number): Float64Array {
  return Float64Array.from({ length: steps + 1 }, (_, n) => n * step);
}
