import { buildProgram } from '../engine/builder';
import { namingNodes } from '../engine/compile';
import { ConstantPool, toNativeConstants } from '../engine/constant-pool';
import { differentiate } from '../engine/gradient/differentiate';
import { bytesOf } from '../engine/program';
import { ProgramWriter } from '../engine/program-writer';
import { GdwsError } from '../errors';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import type { Graph } from '../graph/graph';
import { inferValues } from '../graph/infer';
import { elementCount } from '../graph/value';
import { native, type NativeProgram, type NativeSession } from '../native';
import { rows } from '../robustness/queries';
import { RandomStream } from '../robustness/random-stream';
import type { CalibrationImages } from './images';
import { operationsOf } from './layer-operations';
import { channelRows, patchRows } from './maps';
import { drawnCotangent, predictionOf, type Prediction } from './prediction';

/** What calibration images say of a layer. */
export interface LayerMoments {
  /** (C, K², K²): E[p pᵀ] of what the taps of each input channel read, over images and output pixels. */
  readonly patches: Float64Array;
  /** (groups, M / groups, M / groups): E[Σ g gᵀ], g = ∂ℓ/∂y at each output pixel, summed over these. */
  readonly fisher: Float64Array;
}

interface MeasuredLayer {
  readonly layer: Layer;
  readonly patches: Float64Array;
  readonly fisher: Float64Array;
  /** Output pixels that were summed over. */
  pixels: number;
}

/**
 * One forward and one backward pass over the images. The loss is -log p of labels that are drawn, by the seed, from the
 * network's own prediction, its first output, so that the second moment of its gradients is the Fisher information. Sums
 * within a batch are in single, over batches in double precision.
 *
 * @returns by layer; those that the output does not depend on, and convolutions over other than two axes, are left out
 * @throws GdwsError GRADIENT_UNSUPPORTED, SHAPE_MISMATCH, and what a model that cannot be run throws
 */
export async function measureMoments(
  graph: Graph,
  layers: readonly Layer[],
  images: CalibrationImages,
  { threads, seed, onBatch }: { threads: number; seed: number; onBatch: (done: number) => void },
): Promise<Map<Layer, LayerMoments>> {
  const network = new MomentsNetwork(graph, layers, native.createSession(threads));
  const measured = layers.map((layer): MeasuredLayer => {
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
      // Without a gradient the weights alone say what matters.
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
  readonly prediction: Prediction;
  readonly forward: NativeProgram;
  readonly backward: NativeProgram;
  /** Layer of each patch moment, in the order of the forward outputs after the network's own; with its output pixels. */
  readonly patches: readonly { readonly layer: number; readonly pixels: number }[];
  /** Layer of each output of the backward program. */
  readonly gradients: readonly number[];
  /** Sizes in bytes of the forward outputs that are saved for the backward program, which follow the patch moments. */
  readonly saved: readonly number[];
  /** For each input of the backward program after the cotangent: the network's input, its output, or a saved value. */
  readonly sources: readonly ('input' | 'output' | number)[];
}

class MomentsNetwork {
  private readonly pool = new ConstantPool();
  private readonly compiled = new Map<number, CompiledMoments>();

  constructor(
    private readonly graph: Graph,
    private readonly layers: readonly Layer[],
    private readonly session: NativeSession,
  ) {}

  /** @param randomOf draws the labels of an image of the batch */
  async add(
    pixels: Float32Array,
    dims: readonly number[],
    measured: readonly MeasuredLayer[],
    randomOf: (image: number) => RandomStream,
  ): Promise<void> {
    const count = pixels.length / elementCount(dims);
    const program = this.programFor(count, dims);
    const held = program.saved.map((bytes) => native.holdMemory(bytes));
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
    const [input] = this.graph.inputs;
    const values = inferValues(this.graph, new Map([[input!.name, { type: 'float32', dims: [count, ...dims] }]]));
    const { program, constants } = buildProgram(this.graph, values, this.pool);
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
    const { backward, saved, constants: all } = differentiate(program, nativeConstants, this.pool, output, to);
    found.forEach(({ operation, groups }, index) => {
      const writer = new ProgramWriter(backward, operation.origin);
      const channels = channelRows(writer, backward.outputs[index]!, groups);
      backward.outputs[index] = writer.productOfRows(channels, channels);
    });

    const patches = found.map(({ operation, index }) => {
      const writer = new ProgramWriter(program, operation.origin);
      const [, , height = 0, width = 0] = writer.dimsOf(operation.outputs[0]!);
      const read = patchRows(writer, operation);
      program.outputs.push(writer.productOfRows(read, read));
      return { layer: index, pixels: count * height * width };
    });
    const savedIds = saved.filter((id) => !program.inputs.includes(id) && id !== output);
    program.outputs.push(...savedIds);
    return {
      prediction: predictionOf(program, output),
      forward: namingNodes(program, () => this.session.compile(program.encode(), nativeConstants)),
      backward: namingNodes(backward, () => this.session.compile(backward.encode(), all)),
      patches,
      gradients: found.map(({ index }) => index),
      saved: savedIds.map((id) => bytesOf(program.values[id]!)),
      sources: saved.map((id) => {
        if (program.inputs.includes(id)) return 'input';
        return id === output ? 'output' : savedIds.indexOf(id);
      }),
    };
  }
}

function addTo(sums: Float64Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
