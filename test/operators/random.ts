import { float32ToFloat16 } from '../../src/onnx/float16';
import { elementCount, type Constant, type DataType } from '../../src/onnx/value';
import { constantOf } from '../../src/operators/elements';

/** A seeded source of random tensors, so that every run tests the same cases. */
export class Random {
  constructor(private state: number) {}

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  dims(rank: number, least = 1, most = 5): number[] {
    return Array.from({ length: rank }, () => this.integer(least, most));
  }

  shuffle<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  /** Some of the axes of a tensor of `rank`, some of them counted from the end, in any order. */
  axes(rank: number, count = this.integer(1, rank)): number[] {
    const every = Array.from({ length: rank }, (_, axis) => axis);
    return this.shuffle(every)
      .slice(0, count)
      .map((axis) => (this.next() < 0.5 ? axis : axis - rank));
  }

  floats(dims: readonly number[], least = -2, most = 2): Constant {
    const data = Float32Array.from({ length: elementCount(dims) }, () => least + this.next() * (most - least));
    return { type: 'float32', dims, data };
  }

  halves(dims: readonly number[]): Constant {
    return { type: 'float16', dims, data: float32ToFloat16(this.floats(dims).data as Float32Array) };
  }

  integers(dims: readonly number[], least = -5, most = 5, type: DataType = 'int64'): Constant {
    return constantOf(
      type,
      dims,
      Array.from({ length: elementCount(dims) }, () => this.integer(least, most)),
    );
  }

  bools(dims: readonly number[]): Constant {
    return this.integers(dims, 0, 1, 'bool');
  }
}
