interface Waiting {
  readonly aborts: Set<() => void>;
  readonly fire: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `abort` when the signal fires, unless the returned function was called before. All callbacks of a signal share one
 * listener: a server may pass one signal to hundreds of runs, and Node warns about more than ten listeners.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const { aborts, fire } = waiting.get(signal) ?? listenTo(signal);
  aborts.add(abort);
  return () => {
    aborts.delete(abort);
    if (aborts.size > 0) return;
    signal.removeEventListener('abort', fire);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const aborts = new Set<() => void>();
  const fire = () => {
    for (const abort of aborts) abort();
  };
  const made = { aborts, fire };
  waiting.set(signal, made);
  signal.addEventListener('abort', fire, { once: true });
  return made;
}
