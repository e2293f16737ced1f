import os from 'node:os';

/** Processor time so far, in milliseconds. */
interface Usage {
  readonly all: number;
  readonly busy: number;
  readonly own: number;
}

function usage(): Usage {
  const times = os.cpus().map((processor) => processor.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const { user, system } = process.cpuUsage();
  return { all, busy: all - idle, own: (user + system) / 1000 };
}

/** Does some work. @returns its result, and the share of all processors that other processes used meanwhile */
export async function besideOthers<Result>(work: () => Promise<Result>): Promise<{ result: Result; others: number }> {
  const before = usage();
  const result = await work();
  const after = usage();
  const others = after.busy - before.busy - (after.own - before.own);
  return { result, others: Math.max(0, others / (after.all - before.all)) };
}
