/** Lets a few pass at once, and a few more wait in the order in which they came; the others are turned away at once. */
export class Gate {
  #most;
  #mostWaiting;
  #waiting = new Set();
  running = 0;

  constructor(most, mostWaiting) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  get waiting() {
    return this.#waiting.size;
  }

  /** Whether one more would be turned away. */
  get isFull() {
    return this.running >= this.#most && this.waiting >= this.#mostWaiting;
  }

  /** Runs a task when it is its turn; the signal takes it out of the queue. */
  async pass(task, signal) {
    signal.throwIfAborted();
    if (this.running < this.#most) this.running++;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      const [next] = this.#waiting;
      // The place goes to the next one directly, so that nobody who comes now can take it.
      if (next) next();
      else this.running--;
    }
  }

  #turn(signal) {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
