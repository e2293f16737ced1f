/** Estimates the remaining time of work of several kinds, each with its own rate. */
export class RemainingTime<Kind extends string> {
  private readonly works: Record<Kind, { total: number; done: number; seconds: number }>;

  constructor(totals: Readonly<Record<Kind, number>>) {
    this.works = Object.fromEntries(
      Object.entries(totals).map(([kind, total]) => [kind, { total, done: 0, seconds: 0 }]),
    ) as typeof this.works;
  }

  /** Adds work that was done, and the seconds that it took. */
  add(kind: Kind, done: number, seconds: number): void {
    this.works[kind].done += done;
    this.works[kind].seconds += seconds;
  }

  /** Estimated seconds; `undefined` until some work of each kind is done. */
  get left(): number | undefined {
    let left = 0;
    for (const { total, done, seconds } of Object.values<{ total: number; done: number; seconds: number }>(
      this.works,
    )) {
      if (total > 0 && done === 0) return undefined;
      if (done > 0) left += ((total - done) * seconds) / done;
    }
    return left;
  }
}
