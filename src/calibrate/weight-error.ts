import { inferValues } from '../analysis/infer';
import { GdwsError, located } from '../base/errors';
import { defaultLimits } from '../base/limits';
import { checkOptions } from '../base/options';
import type { ImageSet } from '../data/image-set';
import { preferHugePages } from '../engine/read-model';
import { threadsOf } from '../engine/threads';
import { findConvolutions, nothingToReplace } from '../gdws/layers';
import { distinguishNodes } from '../graph/distinct-names';
import { Graph } from '../graph/graph';
import { readModel } from '../onnx/read';
import { normalizer } from '../robustness/normalized';
import { ChannelGradients } from './channel-gradients';
import { ChannelSums } from './channel-sums';
import { batchesOf, inParallel } from './in-parallel';
import { marginTerms } from './margin-terms';
import { weightErrorOptions, type WeightErrorOptions, type WeightErrorProgress } from './options';
import { cleanImages, perturbedImages } from './perturb';
import { RemainingTime } from './remaining-time';

/** Result of {@link weightErrors}. */
export interface WeightErrors {
  /** α of each input channel by layer, as `compress` takes it. */
  readonly alpha: ReadonlyMap<string, Float64Array>;
  /** Images that were averaged over. */
  readonly images: number;
  /** Pairs of an image and another class that were left out, because their logits tie. */
  readonly ties: number;
  /**
   * Effective sample size: (Σ t)² / Σ t², t being an image's contribution to all α. Where it is near 1, one image with a small
   * margin dominates.
   */
  readonly effectiveImages: number;
}

/**
 * The weight-error vectors of a classifier, equation 8 of the paper: for each input channel c of each layer
 * α_c = E_x Σ_{j≠ŷ} ‖∂(z_ŷ − z_j)/∂W_c‖² / (2·|W_c|·(z_ŷ − z_j)²), ŷ being the class of the largest logit, W_c the
 * weights that leave channel c and |W_c| = M·K² their number (in a grouped convolution M is the outputs of a group). The
 * weights are those of the model, batch normalization runs in inference mode and is not folded, and every image has a term
 * of its own.
 *
 * Equation 8 has no value where logits tie. A margin that is not above `tieTolerance` times the image's largest |logit| is
 * within the rounding of the logits: its square, and so the term, has no correct digit, and may be arbitrarily large. Such a
 * pair is left out of its image's sum, and counted; all others are taken exactly as they are.
 *
 * Layers are those that `compress` may replace, by its names. Nodes that share their weights are one layer, with the
 * gradient of the weights that they share, under the name of the first. Layers on which the logits do not depend have no α.
 *
 * @param images the labels are needed by an attack only
 * @throws {GdwsError} before any work is done: ARGUMENT_INVALID for options, images or labels that make no sense, for a model
 *   without a layer to replace or with one class; SHAPE_MISMATCH for images that the model does not take;
 *   GRADIENT_UNSUPPORTED, MODEL_*; later ABORTED, and ARGUMENT_INVALID where logits are no numbers or all tie
 */
export async function weightErrors(
  source: string | Uint8Array,
  images: ImageSet,
  options: WeightErrorOptions = {},
): Promise<WeightErrors> {
  const file = typeof source === 'string' ? source : undefined;
  try {
    return await measure(source, images, options, file);
  } catch (error) {
    throw located(error, { file });
  }
}

async function measure(
  source: string | Uint8Array,
  images: ImageSet,
  options: WeightErrorOptions,
  file: string | undefined,
): Promise<WeightErrors> {
  checkOptions(options, weightErrorOptions);
  const { length: total, dims } = images;
  if (total === 0) throw new GdwsError('ARGUMENT_INVALID', 'there are no images.');
  const normalize = options.normalization ? normalizer(dims, options.normalization) : (pixels: Float32Array) => pixels;
  const threads = threadsOf({ intraOpNumThreads: options.threads });
  const graph = new Graph(await readModel(source, defaultLimits, preferHugePages), file);
  graph.removeDead();
  distinguishNodes(graph);
  const convolutions = findConvolutions(graph, inferValues(graph, undefined, { lenient: true }), options);
  const refusal = nothingToReplace(convolutions, false);
  if (refusal) throw refusal;
  const { layers } = convolutions;
  const gradients = new ChannelGradients(graph, layers, dims);
  const batchSize = gradients.batchSize(total, options.batchSize);
  const program = gradients.programFor(batchSize);
  if (program.classes < 2) {
    throw new GdwsError('ARGUMENT_INVALID', 'the model has one class.', {
      remedy: 'Margins are between logits: two at least.',
    });
  }
  const sums = ChannelSums.of(layers, program);
  const workers = gradients.parallelBatches(batchSize, threads);
  const from = options.attack
    ? await perturbedImages(source, images, options.attack, gradients.declaredBatch, options)
    : cleanImages(images, 8 * workers * batchSize);

  const remaining = new RemainingTime({ attack: options.attack ? total : 0, gradients: total });
  let done = 0;
  let ties = 0;
  const report = (step: WeightErrorProgress['step']) =>
    options.onProgress?.({ done, total, step, secondsLeft: remaining.left });
  try {
    for (let begin = 0; begin < total; begin += from.groupSize) {
      const end = Math.min(total, begin + from.groupSize);
      let lapBegan = performance.now();
      const lap = (): number => {
        const began = lapBegan;
        lapBegan = performance.now();
        return (lapBegan - began) / 1000;
      };
      const pixels = await from.images(begin, end, () => report('attack'));
      if (options.attack) remaining.add('attack', end - begin, lap());
      const size = pixels.length / (end - begin);
      await inParallel(
        workers,
        batchesOf(begin, end, batchSize),
        async ([first, last]) => {
          const batch = { pixels: normalize(pixels.slice((first - begin) * size, (last - begin) * size)), first };
          const terms = await marginTerms(gradients, batch, sums.part(), options, (share) => {
            remaining.add('gradients', share * (last - first), lap());
            report('gradients');
          });
          done += last - first;
          report('gradients');
          return terms;
        },
        (terms) => {
          sums.merge(terms.sums);
          ties += terms.ties;
        },
      );
    }
  } finally {
    await from.release();
  }
  const result = sums.result();
  if (result.effectiveImages > 0) return { ...result, images: total, ties };
  throw new GdwsError('ARGUMENT_INVALID', 'no image has a margin that changes with the weights: α would be 0.', {
    remedy: ties > 0 ? `${ties} pairs of logits tie.` : undefined,
  });
}
