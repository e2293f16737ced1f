import type { RandomStream } from '../random-stream';

/**
 * The pattern that Square adds to a square of `side`² pixels for l2 and l1 (Andriushchenko et al., Square Attack, ECCV 2020,
 * section 4): two halves of opposite sign, each highest in its middle, of norm 1, in a random orientation.
 */
export function tile(random: RandomStream, side: number, norm: 'l2' | 'l1'): Float64Array {
  const pattern = new Float64Array(side * side);
  const half = Math.floor(side / 2);
  const upright = random.sign() > 0;
  const place = (values: Float64Array, height: number, offset: number, sign: number): void => {
    for (let row = 0; row < height; ++row) {
      for (let column = 0; column < side; ++column) {
        const index = upright ? (offset + row) * side + column : column * side + offset + row;
        pattern[index] = sign * values[row * side + column]!;
      }
    }
  };
  place(pyramid(half, side, norm), half, 0, 1);
  place(pyramid(side - half, side, norm), side - half, half, -1);
  return scaled(pattern, norm);
}

/** Nested rectangles around the middle, each larger by a pixel on all sides and lower than the last. */
function pyramid(height: number, width: number, norm: 'l2' | 'l1'): Float64Array {
  const values = new Float64Array(height * width);
  const rows = Math.floor(height / 2) + 1;
  const columns = Math.floor(width / 2) + 1;
  for (let ring = 0; ring < Math.max(rows, columns); ++ring) {
    const level = (ring + 1) ** (norm === 'l2' ? -2 : -4);
    for (let row = Math.max(0, rows - 1 - ring); row < Math.min(height, rows + ring); ++row) {
      for (let column = Math.max(0, columns - 1 - ring); column < Math.min(width, columns + ring); ++column) {
        values[row * width + column]! += level;
      }
    }
  }
  return scaled(values, norm);
}

function scaled(values: Float64Array, norm: 'l2' | 'l1'): Float64Array {
  const total = values.reduce((sum, value) => sum + (norm === 'l2' ? value * value : Math.abs(value)), 0);
  const length = norm === 'l2' ? Math.sqrt(total) : total;
  return length > 0 ? values.map((value) => value / length) : values;
}
