import type { Server } from './server';

const signals = ['SIGTERM', 'SIGINT'] as const;

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
  return server.close();
}
