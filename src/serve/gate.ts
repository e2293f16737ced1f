import { GdwsError } from '../base/errors';
import type { Cancellation } from '../batching/cancellation';

/** Lets a few tasks run at once, and some more wait in their order; others are turned away. */
export class Gate {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** Runs a task when it is its turn. @throws GdwsError QUEUE_FULL, ABORTED */
  async pass<Result>(task: () => Promise<Result>, cancellation: Cancellation): Promise<Result> {
    if (this.running < this.most) this.running++;
    else await this.turn(cancellation);
    try {
      return await task();
    } finally {
      const [next] = this.waiting;
      // The place goes to the next one directly, so that nobody who comes now can take it.
      if (next) next();
      else this.running--;
    }
  }

  private turn(cancellation: Cancellation): Promise<void> {
    if (this.waiting.size >= this.mostWaiting) {
      throw new GdwsError('QUEUE_FULL', `${this.mostWaiting} pictures wait to be read already.`);
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.delete(enter);
        reject(new GdwsError('ABORTED', 'the request was aborted.'));
      };
      const enter = () => {
        this.waiting.delete(enter);
        cancellation.forget(leave);
        resolve();
      };
      if (cancellation.isCancelled) return leave();
      this.waiting.add(enter);
      cancellation.listen(leave);
    });
  }
}
