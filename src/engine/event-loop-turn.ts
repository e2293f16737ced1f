/** Milliseconds of brief runs on the JavaScript thread before the event loop gets its turn. */
const longestTurn = 3;

let begin: number | undefined;

/**
 * Whether a brief run may take place on the JavaScript thread. Its promise is fulfilled at once, so that a program which awaits
 * one run after the other would never come back to the event loop: some milliseconds after its last turn, this says no.
 */
export function mayRunHere(): boolean {
  if (begin === undefined) {
    begin = performance.now();
    setImmediate(() => (begin = undefined)).unref();
    return true;
  }
  return performance.now() - begin < longestTurn;
}
