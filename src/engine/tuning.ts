import { native, type NativeSession, type NativeTuning } from '../addon/native';
import { withNodeErrors, type EncodedProgram } from './compile';
import { MachineCache } from './machine-cache';

/** The fastest kernel (`convolution.product`) of each operation measured, by a text of its shapes. */
const kernelCache = {
  name: 'kernels',
  isEntry: (entry: unknown) => typeof entry === 'string',
  maxEntries: 10_000,
};

/** How much is measured: for a short time, or everything. */
export type TuningEffort = 'on' | 'thorough';

/** For each program; enough for all layers of a CIFAR network. */
const briefSeconds = 0.05;

/**
 * Chooses kernels by measured time: operations that several fast kernels can run are timed on this machine before a program is
 * compiled, once for each shape and number of threads. A {@link MachineCache} keeps the fastest ones.
 */
export class Tuning {
  private readonly cache = new MachineCache(kernelCache);
  private readonly seconds: number;
  private readonly running = new Set<NativeTuning>();

  constructor(
    private readonly session: NativeSession,
    effort: TuningEffort,
  ) {
    this.seconds = effort === 'thorough' ? Infinity : briefSeconds;
    native().learnKernels(this.cache.read());
  }

  /** Measures, off the JavaScript thread, the operations of a program that are not in the cache. */
  async prepare({ program, words, constants }: EncodedProgram): Promise<void> {
    const tuning = withNodeErrors(program, () => this.session.tune(words, [...constants], this.seconds));
    if (!tuning) return;
    this.running.add(tuning);
    try {
      this.cache.add(await tuning.done);
    } finally {
      this.running.delete(tuning);
    }
  }

  /** As {@link prepare}, synchronously. */
  prepareSync({ program, words, constants }: EncodedProgram): void {
    this.cache.add(withNodeErrors(program, () => this.session.tuneSync(words, [...constants], this.seconds)));
  }

  /** Ends measurements under way. */
  abort(): void {
    for (const tuning of this.running) tuning.abort();
  }
}
