import { setTimeout as sleep } from 'node:timers/promises';

/** How `untilIdle` observes the process; times in milliseconds. */
export interface ProcessorUse {
  /** Processor time that all threads of this process have used. */
  used(): number;
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/**
 * Waits until this process uses hardly any processor time. The idle threads of some engines spin for tens of milliseconds after
 * a run, and would take a core from the next contestant.
 *
 * @param patience limit of the wait, in milliseconds
 */
export async function untilIdle(patience = 1000, processor: ProcessorUse = thisProcess): Promise<void> {
  const begin = processor.now();
  let quiet = 0;
  while (quiet < idleObservations && processor.now() - begin < patience) {
    const [used, at] = [processor.used(), processor.now()];
    await processor.sleep(observation);
    const share = (processor.used() - used) / (processor.now() - at);
    quiet = share > idleShare ? 0 : quiet + 1;
  }
}

/** Milliseconds of one observation. */
const observation = 10;

/** Consecutive idle observations that are needed: on a busy machine a spinning thread may not run during one. */
const idleObservations = 2;

/** Processor use that counts as idle: the timer itself needs some. */
const idleShare = 0.1;

const thisProcess: ProcessorUse = {
  used: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  now: () => performance.now(),
  sleep,
};
