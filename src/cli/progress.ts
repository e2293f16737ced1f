import { Presets, SingleBar } from 'cli-progress';

/** Milliseconds of work without a bar. */
const patience = 1000;

/** A progress bar on stderr, for work that takes over a second, if stderr is a terminal. */
export class Progress {
  private readonly began = performance.now();
  private bar: SingleBar | undefined;

  constructor(private readonly work: string) {}

  /** Shows how much of the work is done, from 0 to 1, and the step it is at. */
  update(done: number, step = ''): void {
    if (!process.stderr.isTTY || performance.now() - this.began < patience) return;
    this.bar ??= this.start(step);
    this.bar.update(Math.round(100 * done), { step });
  }

  /** Removes the bar. */
  stop(): void {
    this.bar?.stop();
  }

  private start(step: string): SingleBar {
    const format = `${this.work} {bar} {percentage}% {step}`;
    const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true };
    const bar = new SingleBar(options, Presets.shades_grey);
    bar.start(100, 0, { step });
    return bar;
  }
}

/** Awaits work of unknown length; after a second, a terminal on stderr shows the elapsed time. */
export async function withElapsed<Result>(work: string, promise: Promise<Result>): Promise<Result> {
  if (!process.stderr.isTTY) return promise;
  const began = performance.now();
  const timer = setInterval(() => {
    process.stderr.write(`\r\x1b[K${work} ${Math.floor((performance.now() - began) / 1000)} s`);
  }, patience);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
    if (performance.now() - began >= patience) process.stderr.write('\r\x1b[K');
  }
}
