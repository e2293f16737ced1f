import { Outcome, type Point } from './point';
import type { Queries } from './queries';

/** An attack on points. */
export type Attacker = (queries: Queries, points: readonly Point[]) => Promise<Outcome[]>;

/** Runs several attackers in turn, each on the points that are still classified correctly. */
export async function inTurn(
  queries: Queries,
  points: readonly Point[],
  attackers: readonly Attacker[],
): Promise<Outcome[]> {
  const outcomes = points.map((point) => new Outcome(point));
  for (const attacker of attackers) {
    const standing = points.flatMap((_, index) => (outcomes[index]!.broken ? [] : [index]));
    if (standing.length === 0) break;
    const found = await attacker(
      queries,
      standing.map((index) => points[index]!),
    );
    standing.forEach((index, position) => outcomes[index]!.merge(found[position]!));
  }
  return outcomes;
}

/** The runs of a targeted attack: `restarts` for each of the `ranks` likeliest other classes. */
export function runsByRank(ranks: number, restarts: number, make: (rank: number, run: number) => Attacker): Attacker[] {
  return Array.from({ length: ranks * restarts }, (_, number) =>
    make(1 + Math.floor(number / restarts), number % restarts),
  );
}
