import { marginOf, predictedClass } from './classifier';
import type { RandomStream } from './random-stream';

/** An image under attack, which is classified correctly without it. */
export interface Point {
  readonly image: Float32Array;
  readonly label: number;
  /** Logits of the image itself. */
  readonly logits: Float32Array;
  /** Its own random stream. */
  readonly random: RandomStream;
  /** A perturbed image within the bound, from which a first descent goes on. */
  readonly start?: Float32Array;
}

/** The strongest perturbation found for an image. */
export class Outcome {
  /** The perturbed image; the image itself where nothing was found. */
  image: Float32Array;
  /** Whether it is misclassified. */
  broken = false;
  private margin: number;

  constructor(private readonly point: Point) {
    this.image = point.image;
    this.margin = marginOf(point.logits, point.label);
  }

  /** Stores a copy of a perturbed image if its margin is smaller than that of the best one. */
  offer(image: Float32Array, logits: Float32Array): void {
    const { label } = this.point;
    const broken = predictedClass(logits) !== label;
    const margin = marginOf(logits, label);
    if (broken === this.broken ? !(margin < this.margin) : this.broken) return;
    this.broken = broken;
    this.margin = margin;
    this.image = image.slice();
  }

  /** Stores the outcome of another run if it is better. */
  merge(other: Outcome): void {
    if (other.broken === this.broken ? !(other.margin < this.margin) : this.broken) return;
    this.broken = other.broken;
    this.margin = other.margin;
    this.image = other.image;
  }
}
