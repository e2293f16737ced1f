import { normOf, type Norm } from '../norm';
import { clipToBox, project } from '../projection';
import type { RandomStream } from '../random-stream';
import { tile } from './square-tile';

/** The search space of Square. */
export interface SearchSpace {
  readonly norm: Norm;
  readonly eps: number;
  /** (C, H, W) */
  readonly dims: readonly [channels: number, height: number, width: number];
}

/** The first perturbation: vertical stripes of ±eps for l∞, a grid of tiles for l2 and l1. */
export function firstPerturbation(random: RandomStream, image: Float32Array, space: SearchSpace): Float64Array {
  const { norm, eps, dims } = space;
  const [channels, height, width] = dims;
  const delta = new Float64Array(image.length);
  if (norm === 'linf') {
    for (let channel = 0; channel < channels; ++channel) {
      for (let column = 0; column < width; ++column) {
        const change = eps * random.sign();
        for (let row = 0; row < height; ++row) delta[(channel * height + row) * width + column] = change;
      }
    }
    return clipToBox(delta, image, eps);
  }
  const side = Math.max(1, Math.floor(Math.min(height, width) / 5));
  for (let top = Math.floor((height % side) / 2); top + side <= height; top += side) {
    for (let left = Math.floor((width % side) / 2); left + side <= width; left += side) {
      const pattern = tile(random, side, norm);
      for (let channel = 0; channel < channels; ++channel) {
        const sign = random.sign();
        forEachPixel({ top, left, side }, channel, dims, (pixel, inSquare) => {
          delta[pixel] = sign * pattern[inSquare]!;
        });
      }
    }
  }
  return withinBound(delta, image, space);
}

/** A change of `best` in one square that covers a share of the image's pixels; for l2 and l1, another square is reset. */
export function proposal(
  random: RandomStream,
  best: Float64Array,
  image: Float32Array,
  share: number,
  space: SearchSpace,
): Float64Array {
  const { norm, eps, dims } = space;
  const [channels, height, width] = dims;
  const side = Math.round(Math.sqrt(share * height * width));
  const delta = best.slice();
  if (norm === 'linf') {
    const square = randomSquare(random, Math.max(side, 1), dims);
    for (let channel = 0; channel < channels; ++channel) {
      const change = 2 * eps * random.sign();
      forEachPixel(square, channel, dims, (pixel) => (delta[pixel]! += change));
    }
    return clipToBox(delta, image, eps);
  }
  const odd = Math.max(side, 3) | 1;
  const raised = randomSquare(random, odd, dims);
  const lowered = randomSquare(random, odd, dims);
  const pattern = tile(random, raised.side, norm);
  const unused = spare(norm, eps, normOf(best, norm)) / channels;
  for (let channel = 0; channel < channels; ++channel) {
    const sign = random.sign();
    let inRaised = 0;
    let inEither = 0;
    forEachPixel(raised, channel, dims, (pixel) => (inRaised += power(best[pixel]!, norm)));
    forEachPixel(lowered, channel, dims, (pixel) => {
      inEither += power(best[pixel]!, norm);
      delta[pixel] = 0;
    });
    forEachPixel(raised, channel, dims, (pixel) => {
      if (delta[pixel] !== 0) inEither += power(best[pixel]!, norm);
    });
    const scale = 1 / (root(inRaised, norm) + 1e-12);
    const mixture = pattern.map((value) => sign * value);
    forEachPixel(raised, channel, dims, (pixel, inSquare) => (mixture[inSquare]! += scale * best[pixel]!));
    // For l1 the authors use the budget of all channels; the projection removes the excess.
    const length = root(unused + inEither, norm) * (norm === 'l1' ? channels : 1);
    const factor = length / (normOf(mixture, norm) + 1e-12);
    forEachPixel(raised, channel, dims, (pixel, inSquare) => (delta[pixel] = factor * mixture[inSquare]!));
  }
  return withinBound(delta, image, space);
}

interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

function randomSquare(random: RandomStream, side: number, [, height, width]: SearchSpace['dims']): Square {
  const fitting = Math.min(side, height, width);
  return { top: random.integer(0, height - fitting), left: random.integer(0, width - fitting), side: fitting };
}

function forEachPixel(
  { top, left, side }: Square,
  channel: number,
  [, height, width]: SearchSpace['dims'],
  visit: (pixel: number, inSquare: number) => void,
): void {
  for (let row = 0; row < side; ++row) {
    const begin = (channel * height + top + row) * width + left;
    for (let column = 0; column < side; ++column) visit(begin + column, row * side + column);
  }
}

/** The perturbation on the bound: scaled to it and clipped for l2, projected for l1. */
function withinBound(delta: Float64Array, image: Float32Array, { norm, eps }: SearchSpace): Float64Array {
  if (norm === 'l1') return project(delta, image, norm, eps);
  const scale = eps / (normOf(delta, norm) + 1e-12);
  return clipToBox(
    delta.map((value) => value * scale),
    image,
  );
}

/** The term of a component in the sum of a norm. */
function power(value: number, norm: Norm): number {
  return norm === 'l2' ? value * value : Math.abs(value);
}

function root(sum: number, norm: Norm): number {
  return norm === 'l2' ? Math.sqrt(sum) : sum;
}

/** The unused part of the bound. */
function spare(norm: Norm, eps: number, length: number): number {
  return Math.max(0, power(eps, norm) - power(length, norm));
}
