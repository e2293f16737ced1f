import { constants } from 'node:os';
import type { Server } from './server';

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends the process at SIGTERM or SIGINT, while nothing waits for them. The first process of a container would else ignore them.
 *
 * @returns what takes that back
 */
export function endedBySignal(): () => void {
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.removeListener(signal, end);
  };
}

/**
 * Waits for SIGTERM or SIGINT, and closes the server then. A second signal ends the process.
 *
 * @returns whether all requests were answered
 */
export async function closedBySignal(server: Server): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const once = () => {
      for (const signal of signals) process.removeListener(signal, once);
      resolve();
    };
    for (const signal of signals) process.on(signal, once);
  });
  return server.close().finally(endedBySignal());
}
