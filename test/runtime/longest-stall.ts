import fs from 'node:fs';

/** The longest time, in milliseconds, in which the event loop did not turn. */
export interface Stall {
  /** By the clock. */
  readonly elapsed: number;
  /** Without the time in which the thread could have run but had no processor: other processes' doing, and other threads'. */
  readonly own: number;
}

/** 0 where the system does not tell (https://docs.kernel.org/scheduler/sched-stats.html). */
function waitedForProcessor(): number {
  try {
    return Number(fs.readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Watches the event loop of the main thread while `work` goes on. */
export async function longestStall(work: () => Promise<unknown>): Promise<Stall> {
  const clocks = () => ({ elapsed: performance.now(), waited: waitedForProcessor() });
  let [elapsed, own] = [0, 0];
  let before = clocks();
  let ended = false;
  const note = () => {
    const now = clocks();
    elapsed = Math.max(elapsed, now.elapsed - before.elapsed);
    own = Math.max(own, now.elapsed - before.elapsed - (now.waited - before.waited));
    before = now;
  };
  const turn = () => {
    note();
    if (!ended) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  await work();
  ended = true;
  note();
  return { elapsed, own };
}
