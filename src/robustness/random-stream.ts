/**
 * A seeded random number generator, the same on every machine: sfc32 of Doty-Humphrey's PractRand, seeded with a hash of its name.
 * Streams of different names are independent. Each image has its own, so that results do not depend on the batches.
 */
export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spare: number | undefined;

  /** @param name integers that identify this stream, for example a seed and the number of an image */
  constructor(...name: readonly number[]) {
    let state = 0x9e3779b9 | 0;
    // Both halves count, so that seeds above 2^32 differ too.
    for (const part of name) state = mix(mix(state ^ part) ^ Math.floor(part / 4294967296));
    this.a = state = mix((state + 0x9e3779b9) | 0);
    this.b = state = mix((state + 0x9e3779b9) | 0);
    this.c = mix((state + 0x9e3779b9) | 0);
    for (let round = 0; round < 12; ++round) this.bits();
  }

  /** 32 random bits. */
  private bits(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result;
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    return ((this.bits() >>> 0) + 0.5) / 4294967296;
  }

  /** An integer in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.uniform() * (most - least + 1));
  }

  /** -1 or 1. */
  sign(): number {
    return this.bits() < 0 ? -1 : 1;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
