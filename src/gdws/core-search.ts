import { Completions, type Candidate } from './completions';
import type { Frontier } from './frontier';
import type { Relaxation } from './relaxation';

/** Limit of partial solutions in each attempt, which takes milliseconds to half a second. */
const attempts = [2e4, 2e5, 1e6];

/** Relative gap at which no further attempt is made. */
const negligible = 1e-6;

/** A layer with more than one candidate. */
interface CoreLayer {
  readonly layer: number;
  /** By cost. */
  readonly candidates: readonly Candidate[];
}

/** Candidates for some layers, the relaxation's choices for the others. */
interface PartialSolution {
  readonly cost: number;
  readonly excess: number;
  /** Lower bound of the excess of all its completions, including unused budget. */
  bound: number;
  /** The candidate for the last of its layers; `before` has those for the layers before it. */
  readonly layer: number;
  readonly index: number;
  readonly before?: PartialSolution;
}

/** The best known solution. */
interface Best {
  /** Loss minus the bound of the relaxation. */
  gap: number;
  last?: PartialSolution;
}

/**
 * Solves a multiple-choice knapsack, starting from its relaxation, by dynamic programming over the layers' candidates (Pisinger,
 * 1995: only choices whose excess is below the gap can improve the best solution, and these are few). Partial solutions are kept
 * that no other dominates in cost and loss and whose bound is below the best gap. An attempt with too many keeps those of the
 * least bound; the next one has fewer candidates, since the gap is smaller.
 *
 * @returns for each layer an index of its frontier; `isOptimal` where nothing was left out
 */
export function closeGap(
  frontiers: readonly Frontier<unknown>[],
  relaxation: Relaxation,
): { indices: readonly number[]; isOptimal: boolean } {
  let indices = relaxation.indices.slice();
  let gap = relaxation.multiplier * relaxation.slack;
  let isOptimal = false;
  for (const most of attempts) {
    const core = coreOf(frontiers, relaxation, gap);
    const best: Best = { gap };
    isOptimal = search(core, relaxation, most, best);
    gap = best.gap;
    if (best.last) indices = [...relaxation.indices];
    for (let partial = best.last; partial?.before; partial = partial.before) indices[partial.layer] = partial.index;
    if (isOptimal || gap <= negligible * relaxation.bound) break;
  }
  return { indices, isOptimal };
}

/** The layers that have a choice, those of most candidates first: layers at the end take the most time. */
function coreOf(
  frontiers: readonly Frontier<unknown>[],
  { indices, multiplier }: Relaxation,
  gap: number,
): readonly CoreLayer[] {
  const core = frontiers.map(({ costs, losses }, layer): CoreLayer => {
    const chosen = indices[layer]!;
    const candidates: Candidate[] = [];
    costs.forEach((total, index) => {
      const cost = total - costs[chosen]!;
      const excess = losses[index]! - losses[chosen]! + multiplier * cost;
      // Rounding may make the excess of other choices on the hull negative.
      if (index === chosen || excess < gap) candidates.push({ index, cost, excess: Math.max(0, excess) });
    });
    return { layer, candidates };
  });
  return core
    .filter(({ candidates }) => candidates.length > 1)
    .sort((a, b) => b.candidates.length - a.candidates.length);
}

/**
 * @param most limit of partial solutions
 * @param best improved in place
 * @returns whether the search was exhaustive
 */
function search(core: readonly CoreLayer[], { multiplier, slack }: Relaxation, most: number, best: Best): boolean {
  const completions = new Completions(
    core.map(({ candidates }) => candidates),
    multiplier,
  );
  let isComplete = true;
  let made = 0;
  let candidatesLeft = core.reduce((sum, { candidates }) => sum + candidates.length, 0);
  let partials: PartialSolution[] = [{ cost: 0, excess: 0, bound: 0, layer: -1, index: -1 }];
  for (const [position, { layer, candidates }] of core.entries()) {
    const width = Math.max(1, Math.floor((most - made) / candidatesLeft));
    if (partials.length > width) {
      isComplete = false;
      partials = partials.sort((a, b) => a.bound - b.bound).slice(0, width);
    }
    made += partials.length * candidates.length;
    candidatesLeft -= candidates.length;

    const next: PartialSolution[] = [];
    for (const { index, cost, excess } of candidates) {
      for (const before of partials) {
        const sum = before.excess + excess;
        if (sum < best.gap) next.push({ cost: before.cost + cost, excess: sum, bound: sum, layer, index, before });
      }
    }
    next.sort((a, b) => a.cost - b.cost || a.excess - b.excess);
    partials = [];
    const leastExcess = completions.after(position);
    let leastLoss = Infinity;
    for (const partial of next) {
      const { cost, excess } = partial;
      if (excess - multiplier * cost >= leastLoss) continue;
      leastLoss = excess - multiplier * cost;
      const gap = excess + multiplier * (slack - cost);
      if (cost <= slack && gap < best.gap) {
        best.gap = gap;
        best.last = partial;
      }
      partial.bound += leastExcess(slack - cost);
      if (partial.bound < best.gap) partials.push(partial);
    }
  }
  return isComplete;
}
