/** Takes requests back whose client has gone. As AbortController, which costs more than all else of a small request. */
export class Cancellation {
  private readonly listeners = new Set<() => void>();
  private fired = false;
  private by: AbortSignal | undefined;

  /** Whether it was cancelled. */
  get isCancelled(): boolean {
    return this.fired;
  }

  /** What it follows, where that was a signal. */
  get signal(): AbortSignal | undefined {
    return this.by;
  }

  /** Tells all that listen, once. */
  cancel(signal?: AbortSignal): void {
    if (this.fired) return;
    this.fired = true;
    this.by = signal;
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Listens; a request that was cancelled before tells nobody. */
  listen(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Listens no more. */
  forget(listener: () => void): void {
    this.listeners.delete(listener);
  }
}
