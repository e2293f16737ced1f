import type { RequestTimes } from '../batching/batched-model';
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

/** What was answered by a model since it is served. */
export class Totals {
  readonly success = new Total();
  readonly fail = new Total();
  readonly queue = new Total();
  readonly gather = new Total();
  readonly run = new Total();
  rows = 0;
  /** Milliseconds since 1970. */
  last = 0;

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
}

/** Totals as the protocol has them. */
export function statisticsOf({ name, version, batched, memoryBytes }: ServedModel, totals: Totals): ModelStatistics {
  const runs = [...batched.statistics().runs].sort(([one], [other]) => one - other);
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
    batch_stats: runs.map(([rows, { count, milliseconds }]) => ({
      batch_size: rows,
      compute_infer: { count, ns: nanoseconds(milliseconds) },
    })),
    memory_usage: [{ type: 'CPU', id: 0, byte_size: memoryBytes }],
  };
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
