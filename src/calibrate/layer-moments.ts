import { native, type HeldMemory, type NativeProgram, type NativeSession } from '../addon/native';
import { inferValues } from '../analysis/infer';
import { GdwsError } from '../base/errors';
import { buildProgram } from '../engine/builder';
import { withNodeErrors } from '../engine/compile';
import { operationsOf } from '../gdws/layer-operations';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import { differentiate } from '../gradient/differentiate';
import { rows } from '../gradient/rows';
import type { Graph } from '../graph/graph';
import { elementCount } from '../onnx/value';
import { ConstantPool, toNativeConstants } from '../program/constant-pool';
import { encodeProgram } from '../program/encode';
import type { ProgramOperation, ValueId } from '../program/operation';
import { bytesOf, type Program } from '../program/program';
import { ProgramWriter } from '../program/program-writer';
import { RandomStream } from '../robustness/random-stream';
import { imageFeeds, type CalibrationImages } from './images';
import { channelMoments, patchMoments } from './maps';
import { drawnCotangent, predictionOf, type Prediction } from './prediction';
import { sampledConvolution } from './sampled-convolution';

/** Second moments of a layer on the calibration images. */
export interface LayerMoments {
  /** (C, K², K²): E[p pᵀ], p being the patch that the taps of an input channel read, over images and (some) output pixels. */
  readonly patches: Float64Array;
  /** (groups, M / groups, M / groups): E[Σ g gᵀ], g = ∂ℓ/∂y at each output pixel, summed over these. */
  readonly fisher: Float64Array;
}

interface MeasuredLayer {
  readonly layer: Layer;
  readonly patches: Float64Array;
  readonly fisher: Float64Array;
  /** Output pixels whose patches were summed. */
  pixels: number;
}

/**
 * One forward and one backward pass over the images. The loss is -log p of labels that are drawn, by the seed, from the
 * network's own prediction, its first output, so that the second moment of its gradients is the Fisher information. Sums
 * within a batch are in single, over batches in double precision.
 *
 * @returns by layer, without layers that the output does not depend on, and convolutions over other than two axes
 * @throws GdwsError GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, and what a model that cannot be run throws
 */
export async function measureMoments(
  network: MomentsNetwork,
  images: CalibrationImages,
  { seed, onBatch }: { seed: number; onBatch: (done: number) => void },
): Promise<Map<Layer, LayerMoments>> {
  const measured = network.layers.map((layer): MeasuredLayer => {
    const { inputChannels, outputChannels, groups } = layer.shape;
    return {
      layer,
      patches: new Float64Array(inputChannels * taps(layer.shape) ** 2),
      fisher: new Float64Array(outputChannels ** 2 / groups),
      pixels: 0,
    };
  });
  for (let begin = 0; begin < images.count; begin += images.batchSize) {
    const pixels = await images.batch(begin);
    await network.add(pixels, images.dims, measured, (image) => new RandomStream(seed, begin + image));
    onBatch(Math.min(images.count, begin + images.batchSize));
  }
  return new Map(
    measured.flatMap(({ layer, patches, fisher, pixels }) =>
      // Without a gradient, a layer is compressed by its weights alone.
      pixels === 0 || fisher.every((sum) => sum === 0)
        ? []
        : [
            [
              layer,
              { patches: patches.map((sum) => sum / pixels), fisher: fisher.map((sum) => sum / images.count) },
            ] as const,
          ],
    ),
  );
}

interface CompiledMoments {
  /** Working memory of both passes. */
  readonly bytes: number;
  readonly prediction: Prediction;
  readonly forward: NativeProgram;
  readonly backward: NativeProgram;
  /** Layer of each patch moment, in the order of the forward outputs after the network's own; with its output pixels. */
  readonly patches: readonly { readonly layer: number; readonly pixels: number }[];
  /** Layer of each output of the backward program. */
  readonly gradients: readonly number[];
  /** Sizes in bytes of the forward outputs that are saved for the backward program, which follow the patch moments. */
  readonly saved: readonly number[];
  /** Memory of the saved values, allocated by the first run: one batch runs at a time. */
  held?: HeldMemory[];
  /** For each input of the backward program after the cotangent: the network's input, its output, or a saved value. */
  readonly sources: readonly ('input' | 'output' | number)[];
}

/** Batch size where memory allows. */
const maxAtOnce = 8;

/** A network that also gives the second moments of its layers; compiled for each batch size. */
export class MomentsNetwork {
  private readonly pool = new ConstantPool();
  private readonly compiled = new Map<number, CompiledMoments>();

  constructor(
    private readonly graph: Graph,
    readonly layers: readonly Layer[],
    private readonly session: NativeSession,
  ) {}

  /**
   * The largest batch size whose passes fit into the given working memory.
   *
   * @param wanted a fixed batch size, if any
   * @throws GdwsError OUT_OF_MEMORY where no batch fits
   */
  batchWithin(memory: number, dims: readonly number[], wanted?: number): number {
    const least = wanted ?? 1;
    const { bytes } = this.programFor(least, dims);
    if (bytes > memory) {
      const [needed, given] = [bytes, memory].map((count) => `${(count / 1e6).toPrecision(3)} MB`);
      throw new GdwsError('OUT_OF_MEMORY', `${least} image(s) at once take ${needed}, and ${given} are allowed.`, {
        file: this.graph.file,
        shape: [least, ...dims],
        remedy: `Allow more memory${least > 1 ? ', take fewer images at once' : ''}, or give smaller images.`,
      });
    }
    return wanted ?? Math.min(maxAtOnce, Math.floor(memory / bytes));
  }

  /** @param randomOf draws the labels of an image of the batch */
  async add(
    pixels: Float32Array,
    dims: readonly number[],
    measured: readonly MeasuredLayer[],
    randomOf: (image: number) => RandomStream,
  ): Promise<void> {
    const count = pixels.length / elementCount(dims);
    const program = this.programFor(count, dims);
    const held = (program.held ??= program.saved.map((bytes) => native().holdMemory(bytes)));
    const unheld = new Array<undefined>(1 + program.patches.length).fill(undefined);
    const [outputBytes, ...moments] = await program.forward.run([pixels], [...unheld, ...held]).done;
    program.patches.forEach(({ layer, pixels: perBatch }, index) => {
      addTo(measured[layer]!.patches, new Float32Array(moments[index]!));
      measured[layer]!.pixels += perBatch;
    });
    const output = new Float32Array(outputBytes!);
    const cotangent = new Float32Array(output.length);
    const size = output.length / count;
    rows(output, size).forEach((row, image) => {
      cotangent.set(drawnCotangent(program.prediction, row, randomOf(image)), image * size);
    });
    const values = program.sources.map((source) => {
      if (source === 'input') return pixels;
      return source === 'output' ? output : held[source]!;
    });
    const gradients = await program.backward.run([cotangent, ...values]).done;
    program.gradients.forEach((layer, index) => addTo(measured[layer]!.fisher, new Float32Array(gradients[index]!)));
  }

  private programFor(count: number, dims: readonly number[]): CompiledMoments {
    const known = this.compiled.get(count);
    if (known) return known;
    const made = this.compile(count, dims);
    this.compiled.set(count, made);
    return made;
  }

  private compile(count: number, dims: readonly number[]): CompiledMoments {
    const values = inferValues(this.graph, imageFeeds(this.graph, count, dims));
    const { program, constants } = buildProgram(this.graph, { values }, this.pool);
    const output = program.outputs[0]!;
    program.outputs.splice(0, program.outputs.length, output);
    program.removeUnused();
    if (program.values[output]!.type !== 'float32' || program.values[output]!.dims[0] !== count) {
      throw new GdwsError('SHAPE_MISMATCH', 'the first output is not floats of each image.', {
        tensor: this.graph.outputs[0]!.name,
        shape: program.values[output]!.dims,
        remedy: 'Calibration takes a network whose first output has the images along its first axis.',
      });
    }

    const found = this.layers.flatMap((layer, index) =>
      operationsOf(program, layer).map((operation) => ({ operation, index, groups: layer.shape.groups })),
    );
    const nativeConstants = toNativeConstants(constants);
    const to = found.map(({ operation }) => operation.outputs[0]!);
    const forward = { program, constants: nativeConstants };
    const { backward, saved, constants: all } = differentiate(forward, { from: output, to }, this.pool);
    const backwardEnd = backward.operations.length;
    found.forEach(({ operation, groups }, index) => {
      const writer = new ProgramWriter(backward, operation.origin);
      backward.outputs[index] = channelMoments(writer, backward.outputs[index]!, groups);
    });

    moveToInputs(backward, backwardEnd);

    const forwardEnd = program.operations.length;
    const patches = found.map(({ operation, index }) => {
      const writer = new ProgramWriter(program, operation.origin);
      const [x, w] = operation.inputs as [ValueId, ValueId];
      const { attributes, outputs } = operation;
      const whole = { x, attributes, weights: writer.dimsOf(w), result: writer.dimsOf(outputs[0]!) };
      const sampled = sampledConvolution(writer, whole, this.pool, nativeConstants);
      program.outputs.push(patchMoments(writer, sampled, whole.weights));
      return { layer: index, pixels: count * sampled.output[0] * sampled.output[1] };
    });
    moveToInputs(program, forwardEnd);
    const savedIds = saved.filter((id) => !program.inputs.includes(id) && id !== output);
    program.outputs.push(...savedIds);
    const passes = {
      forward: withNodeErrors(program, () => this.session.compile(encodeProgram(program), [...nativeConstants])),
      backward: withNodeErrors(backward, () => this.session.compile(encodeProgram(backward), [...all])),
    };
    const savedBytes = savedIds.map((id) => bytesOf(program.values[id]!));
    return {
      bytes: savedBytes.reduce((sum, one) => sum + one, passes.forward.arenaBytes + passes.backward.arenaBytes),
      prediction: predictionOf(program, output),
      ...passes,
      patches,
      gradients: found.map(({ index }) => index),
      saved: savedBytes,
      sources: saved.map((id) => {
        if (program.inputs.includes(id)) return 'input';
        return id === output ? 'output' : savedIds.indexOf(id);
      }),
    };
  }
}

/** Moves operations from number `begin` on directly after the operations that give their inputs, which then need not be kept. */
function moveToInputs(program: Program, begin: number): void {
  const moved = program.operations.slice(begin);
  const placeOf = new Map<ValueId, number>();
  program.operations.slice(0, begin).forEach(({ outputs }, place) => outputs.forEach((id) => placeOf.set(id, place)));
  const following = new Map<number, ProgramOperation[]>();
  for (const operation of moved) {
    const place = Math.max(-1, ...operation.inputs.map((id) => (id === undefined ? -1 : (placeOf.get(id) ?? -1))));
    for (const id of operation.outputs) placeOf.set(id, place);
    following.set(place, [...(following.get(place) ?? []), operation]);
  }
  const kept = program.operations.slice(0, begin);
  program.operations = [
    ...(following.get(-1) ?? []),
    ...kept.flatMap((operation, place) => [operation, ...(following.get(place) ?? [])]),
  ];
}

function addTo(sums: Float64Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
