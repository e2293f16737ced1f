import { GdwsError } from '../base/errors';
import type { Loss } from '../gradient/loss';
import { rows } from '../gradient/rows';
import type { Classifier, LogitsClassifier } from './classifier';
import type { Point } from './point';

/** Numbers of passes of images through a network. */
export interface Passes {
  /** Images × forward passes. */
  readonly forward: number;
  /** Images × backward passes. */
  readonly backward: number;
}

/** Loss and logits of an image, and the gradient of the loss with respect to the image. */
export interface LossGradient {
  readonly loss: number;
  readonly logits: Float32Array;
  readonly gradient: Float32Array;
}

/** An image whose loss is needed. */
export interface LossQuery {
  readonly point: Point;
  /** The perturbed image, of the same dims as the point's. */
  readonly image: Float32Array;
  /** The class of a targeted loss. */
  readonly target?: number;
}

/** Queries for logits, which are counted, and which a signal aborts. */
export class LogitQueries<Kind extends LogitsClassifier = LogitsClassifier> {
  protected counts = { forward: 0, backward: 0 };
  protected readonly batchSize: number;

  /** @param onBatch called after every batch */
  constructor(
    protected readonly classifier: Kind,
    batchSize: number,
    private readonly signal?: AbortSignal,
    protected readonly onBatch: () => void = () => undefined,
  ) {
    this.batchSize = Math.min(batchSize, classifier.mostImages ?? batchSize);
  }

  get passes(): Passes {
    return { ...this.counts };
  }

  get classes(): number {
    return this.classifier.classes;
  }

  /** (C, H, W) */
  get imageDims(): readonly number[] {
    return this.classifier.imageDims;
  }

  /** Logits of each image. */
  async logits(images: readonly Float32Array[]): Promise<Float32Array[]> {
    const answers: Float32Array[] = [];
    for (const [begin, end] of batches(images.length, this.batchSize)) {
      this.throwIfAborted();
      const logits = await this.classifier.logits(packed(images.slice(begin, end)), end - begin);
      this.counts.forward += end - begin;
      answers.push(...rows(logits, this.classes));
      this.onBatch();
    }
    return answers;
  }

  /** @throws {GdwsError} ABORTED */
  protected throwIfAborted(): void {
    if (this.signal?.aborted) {
      throw new GdwsError('ABORTED', 'the evaluation was aborted.', { cause: this.signal.reason });
    }
  }
}

/** Queries of an attack to the network. */
export class Queries extends LogitQueries<Classifier> {
  /** Loss, logits and gradient at each image. */
  async lossGradients(asked: readonly LossQuery[], loss: Loss): Promise<LossGradient[]> {
    const answers: LossGradient[] = [];
    for (const [begin, end] of batches(asked.length, this.batchSize)) {
      this.throwIfAborted();
      const part = asked.slice(begin, end);
      const losses: number[] = [];
      const cotangent = (logits: Float32Array): Float32Array => {
        const directions = new Float32Array(logits.length);
        const own = rows(directions, this.classes);
        rows(logits, this.classes).forEach((row, index) => {
          const { point, target = -1 } = part[index]!;
          losses[index] = loss(row, point.label, own[index]!, target);
        });
        return directions;
      };
      const images = packed(part.map(({ image }) => image));
      const { logits, gradient } = await this.classifier.gradient(images, part.length, cotangent);
      this.counts.forward += part.length;
      this.counts.backward += part.length;
      const gradients = rows(gradient, gradient.length / part.length);
      rows(logits, this.classes).forEach((row, index) =>
        answers.push({ loss: losses[index]!, logits: row, gradient: gradients[index]! }),
      );
      this.onBatch();
    }
    return answers;
  }
}

/**
 * Batches of images: full ones first, then decreasing powers of two, so that an engine that plans its memory for each batch size
 * sees few sizes.
 */
export function* batches(count: number, size: number): Generator<[begin: number, end: number]> {
  for (let begin = 0; begin < count;) {
    const left = count - begin;
    const end = begin + (left >= size ? size : 2 ** Math.floor(Math.log2(left)));
    yield [begin, end];
    begin = end;
  }
}

function packed(images: readonly Float32Array[]): Float32Array {
  const size = images[0]!.length;
  const all = new Float32Array(images.length * size);
  images.forEach((image, index) => all.set(image, index * size));
  return all;
}
