/** Checkpoints of Auto-PGD: after 22 % of the steps, then after decreasing spans, down to 6 %. */
export class Checkpoints {
  private span: number;
  private passed = 0;
  private readonly decrease: number;
  private readonly least: number;

  constructor(steps: number) {
    const share = (percent: number): number => Math.max(Math.floor((percent * steps) / 100), 1);
    this.span = share(22);
    this.decrease = share(3);
    this.least = share(6);
  }

  /** Counts a step. Returns the steps since the last checkpoint if this is one, or 0. */
  step(): number {
    if (++this.passed < this.span) return 0;
    const span = this.span;
    this.passed = 0;
    this.span = Math.max(this.span - this.decrease, this.least);
    return span;
  }
}

/**
 * Step size of an image for l∞ and l2: halved at a checkpoint where fewer than a share ρ of the steps raised the loss, or
 * where neither the step size nor the best loss has changed since the last checkpoint.
 */
export class HalvingStepSize {
  private rises = 0;
  private previous = -Infinity;
  private bestAtCheck = -Infinity;
  private halvedAtCheck = true;

  constructor(
    public value: number,
    private readonly rho: number,
  ) {}

  /** Takes the loss at the start, or after a step. */
  observe(loss: number): void {
    if (loss > this.previous && this.previous !== -Infinity) ++this.rises;
    if (this.previous === -Infinity) this.bestAtCheck = loss;
    this.previous = loss;
  }

  /** At a checkpoint, `span` steps after the last: whether to return to the best image. */
  check(span: number, best: number): boolean {
    const halve = this.rises <= this.rho * span || (!this.halvedAtCheck && this.bestAtCheck >= best);
    if (halve) this.value /= 2;
    this.halvedAtCheck = halve;
    this.bestAtCheck = best;
    this.rises = 0;
    return halve;
  }
}

/** Number of steps after which the sparsity of l1 steps is adapted: 4 %. */
export function sparsitySpan(steps: number): number {
  return Math.max(Math.floor(0.04 * steps), 1);
}

/**
 * Step size and sparsity of an image for l1: steps change a share of the pixels 1.5 times smaller than the best perturbation
 * does. The step size is reset where the best perturbation has become 5 % sparser, and shrinks by 1.5 otherwise.
 */
export class SparseStepSize {
  value: number;

  constructor(
    private readonly longest: number,
    /** Share of the pixels that a step changes. */
    public share: number,
    private changed: number,
    private readonly pixels: number,
  ) {
    this.value = longest;
  }

  /** At a checkpoint, with the number of pixels that the best perturbation changes: whether to return to the best image. */
  check(changed: number): boolean {
    const sparser = changed / this.changed < 0.95;
    this.share = changed / this.pixels / 1.5;
    this.value = sparser ? this.longest : Math.max(this.value / 1.5, this.longest / 10);
    this.changed = changed;
    return sparser;
  }
}
