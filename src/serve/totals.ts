import type { BatchedModel, RequestTimes, RunTotals } from '../batching/batched-model';
import type { Duration, ModelStatistics } from '../protocol/messages';
import type { ServedModel } from './models/model-repository';

/** How often something happened, and the milliseconds that it took in all. */
class Total {
  count = 0;
  milliseconds = 0;

  add(milliseconds: number): void {
    this.count++;
    this.milliseconds += milliseconds;
  }

  get duration(): Duration {
    return { count: this.count, ns: nanoseconds(this.milliseconds) };
  }
}

/** What was answered by a version of a model since the server began, with all files that it had: none of it ever becomes less. */
export class Totals {
  readonly success = new Total();
  readonly fail = new Total();
  readonly queue = new Total();
  readonly gather = new Total();
  readonly run = new Total();
  rows = 0;
  /** Milliseconds since 1970. */
  last = 0;
  private readonly runsByRows = new Map<number, Total>();
  /** Runs of each model that are in it already. */
  private readonly counted = new WeakMap<BatchedModel, ReadonlyMap<number, RunTotals>>();
  private readonly underWay = new Map<BatchedModel, number>();

  /** A request to a model of the version begins. */
  begin(batched: BatchedModel): void {
    this.underWay.set(batched, (this.underWay.get(batched) ?? 0) + 1);
  }

  /** It has ended. A model that retires is not known any more after its last one: its runs are counted then. */
  end(batched: BatchedModel): void {
    const left = this.underWay.get(batched)! - 1;
    if (left > 0) return void this.underWay.set(batched, left);
    this.underWay.delete(batched);
    this.countRuns(batched);
  }

  /** Runs by their number of rows, the smallest first. */
  runs(): readonly (readonly [rows: number, runs: Duration])[] {
    for (const batched of this.underWay.keys()) this.countRuns(batched);
    return [...this.runsByRows].sort(([one], [other]) => one - other).map(([rows, runs]) => [rows, runs.duration]);
  }

  /** @param milliseconds from the request to its answer */
  succeeded(milliseconds: number, times: RequestTimes, rows: number): void {
    this.success.add(milliseconds);
    this.queue.add(times.queue);
    this.gather.add(times.gather);
    this.run.add(times.run);
    this.rows += rows;
    this.last = Date.now();
  }

  failed(milliseconds: number): void {
    this.fail.add(milliseconds);
    this.last = Date.now();
  }

  private countRuns(batched: BatchedModel): void {
    const before = this.counted.get(batched);
    const { runs } = batched.statistics();
    for (const [rows, { count, milliseconds }] of runs) {
      const total = this.runsByRows.get(rows) ?? new Total();
      total.count += count - (before?.get(rows)?.count ?? 0);
      total.milliseconds += milliseconds - (before?.get(rows)?.milliseconds ?? 0);
      this.runsByRows.set(rows, total);
    }
    this.counted.set(batched, runs);
  }
}

/** Totals as the protocol has them. */
export function statisticsOf({ name, version, memoryBytes }: ServedModel, totals: Totals): ModelStatistics {
  const runs = totals.runs();
  const { success, fail, queue, gather, run } = totals;
  return {
    name,
    version,
    last_inference: totals.last,
    inference_count: totals.rows,
    execution_count: runs.reduce((sum, [, { count }]) => sum + count, 0),
    inference_stats: {
      success: success.duration,
      fail: fail.duration,
      queue: queue.duration,
      compute_input: gather.duration,
      compute_infer: run.duration,
      compute_output: { count: success.count, ns: 0 },
    },
    batch_stats: runs.map(([rows, compute_infer]) => ({ batch_size: rows, compute_infer })),
    memory_usage: [{ type: 'CPU', id: 0, byte_size: memoryBytes }],
  };
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
