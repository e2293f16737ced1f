import { native, type NativeSession, type NativeTuning } from '../addon/native';
import { withNodeErrors, type EncodedProgram } from './compile';
import { MachineCache } from './machine-cache';

/** The fastest kernel (`convolution.product`) of each operation measured, by a text of its shapes. */
const kernelCache = {
  name: 'kernels',
  isEntry: (entry: unknown) => typeof entry === 'string',
  maxEntries: 10_000,
};

/** How much is measured: for a moment, or all there is to. */
export type TuningEffort = 'on' | 'thorough';

/** For each program; it suffices for every layer of a CIFAR network. */
const briefSeconds = 0.05;

/**
 * The choice of kernels by measured time: operations that several fast kernels can run are timed on this machine before
 * a program is compiled, once for each shape and number of threads, and the winners kept in a {@link MachineCache}.
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

  /** Measures off the JavaScript thread what is not known yet of a program about to be compiled. */
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

  /** As {@link prepare}, and waits for it. */
  prepareSync({ program, words, constants }: EncodedProgram): void {
    this.cache.add(withNodeErrors(program, () => this.session.tuneSync(words, [...constants], this.seconds)));
  }

  /** Ends what is being measured. */
  abort(): void {
    for (const tuning of this.running) tuning.abort();
  }
}
