import { setTimeout as sleep } from 'node:timers/promises';

/** How `untilIdle` looks at the process; times in milliseconds. */
export interface ProcessorUse {
  /** Processor time that all threads of this process have used. */
  used(): number;
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/**
 * Waits until this process uses hardly any processor time. The idle threads of some engines spin for tens of milliseconds
 * after a run, and would take a core from whatever is timed next.
 *
 * @param patience milliseconds after which it waits no longer
 */
export async function untilIdle(patience = 1000, processor: ProcessorUse = thisProcess): Promise<void> {
  const begin = processor.now();
  let quiet = 0;
  while (quiet < looks && processor.now() - begin < patience) {
    const [used, at] = [processor.used(), processor.now()];
    await processor.sleep(look);
    const share = (processor.used() - used) / (processor.now() - at);
    quiet = share > idleShare ? 0 : quiet + 1;
  }
}

/** Milliseconds that one look lasts. */
const look = 10;

/** Quiet looks in a row that are believed: on a busy machine a spinning thread may be kept from running during one. */
const looks = 2;

/** Processors in use that count as none: the timer itself takes some. */
const idleShare = 0.1;

const thisProcess: ProcessorUse = {
  used: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  now: () => performance.now(),
  sleep,
};
