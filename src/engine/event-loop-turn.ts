/** Milliseconds of brief runs on the JavaScript thread before the event loop gets its turn. */
const longestTurn = 3;

let begin: number | undefined;

/**
 * Whether a brief run may take place on the JavaScript thread. Its promise is fulfilled at once, so that a program which awaits
 * one run after the other would never come back to the event loop: some milliseconds after its last turn, this says no, and {@link turnOfEventLoop} gives it one.
 */
export function mayRunHere(): boolean {
  if (begin === undefined) {
    begin = performance.now();
    setImmediate(() => (begin = undefined)).unref();
    return true;
  }
  return performance.now() - begin < longestTurn;
}

/** Waits for the event loop's next turn, where brief runs have used up this one; undefined where there is nothing to wait for. */
export function turnOfEventLoop(): Promise<void> | undefined {
  if (begin === undefined || performance.now() - begin < longestTurn) return undefined;
  return new Promise((resolve) => setImmediate(resolve));
}
