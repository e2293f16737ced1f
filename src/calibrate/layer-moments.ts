import { buildProgram } from '../engine/builder';
import { namingNodes } from '../engine/compile';
import { ConstantPool, toNativeConstants } from '../engine/constant-pool';
import { differentiate } from '../engine/gradient/differentiate';
import { bytesOf, type Program, type ValueId } from '../engine/program';
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
 * One forward and one backward pass over the images. The loss is the cross entropy of labels that are drawn, by the seed,
 * from the network's own prediction, so that the second moment of its gradients is the Fisher information. Sums within a
 * batch are in single, over batches in double precision.
 *
 * @returns by layer; those that no logit depends on, and convolutions over other than two axes, are left out
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
    await network.add(pixels, images.dims, measured, (image) => new RandomStream(seed, begin + image).uniform());
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
  readonly classes: number;
  readonly forward: NativeProgram;
  readonly backward: NativeProgram;
  /** Layer of each patch moment, in the order of the forward outputs after the logits; with its output pixels. */
  readonly patches: readonly { readonly layer: number; readonly pixels: number }[];
  /** Layer of each output of the backward program. */
  readonly gradients: readonly number[];
  /** Sizes in bytes of the forward outputs that are saved for the backward program, which follow the patch moments. */
  readonly saved: readonly number[];
  /** For each input of the backward program after the cotangent: the network's input, its logits, or a saved value. */
  readonly sources: readonly ('input' | 'logits' | number)[];
}

class MomentsNetwork {
  private readonly pool = new ConstantPool();
  private readonly compiled = new Map<number, CompiledMoments>();

  constructor(
    private readonly graph: Graph,
    private readonly layers: readonly Layer[],
    private readonly session: NativeSession,
  ) {}

  /** @param draw a number in (0, 1) for each image of the batch, which draws its label */
  async add(
    pixels: Float32Array,
    dims: readonly number[],
    measured: readonly MeasuredLayer[],
    draw: (image: number) => number,
  ): Promise<void> {
    const count = pixels.length / elementCount(dims);
    const program = this.programFor(count, dims);
    const held = program.saved.map((bytes) => native.holdMemory(bytes));
    const unheld = new Array<undefined>(1 + program.patches.length).fill(undefined);
    const [logitBytes, ...moments] = await program.forward.run([pixels], [...unheld, ...held]).done;
    program.patches.forEach(({ layer, pixels: perBatch }, index) => {
      addTo(measured[layer]!.patches, new Float32Array(moments[index]!));
      measured[layer]!.pixels += perBatch;
    });
    const logits = new Float32Array(logitBytes!);
    const cotangent = new Float32Array(logits.length);
    rows(logits, program.classes).forEach((row, image) => {
      cotangent.set(drawnGradient(row, draw(image)), image * program.classes);
    });
    const values = program.sources.map((source) => {
      if (source === 'input') return pixels;
      return source === 'logits' ? logits : held[source]!;
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
    const logits = program.outputs[0]!;
    program.outputs.splice(0, program.outputs.length, logits);
    program.removeUnused();
    const classes = classesOf(program, logits);

    const found = this.layers.flatMap((layer, index) =>
      operationsOf(program, layer).map((operation) => ({ operation, index, groups: layer.shape.groups })),
    );
    const nativeConstants = toNativeConstants(constants);
    const to = found.map(({ operation }) => operation.outputs[0]!);
    const { backward, saved, constants: all } = differentiate(program, nativeConstants, this.pool, logits, to);
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
    const savedIds = saved.filter((id) => !program.inputs.includes(id) && id !== logits);
    program.outputs.push(...savedIds);
    return {
      classes,
      forward: namingNodes(program, () => this.session.compile(program.encode(), nativeConstants)),
      backward: namingNodes(backward, () => this.session.compile(backward.encode(), all)),
      patches,
      gradients: found.map(({ index }) => index),
      saved: savedIds.map((id) => bytesOf(program.values[id]!)),
      sources: saved.map((id) => {
        if (program.inputs.includes(id)) return 'input';
        return id === logits ? 'logits' : savedIds.indexOf(id);
      }),
    };
  }
}

function classesOf(program: Program, logits: ValueId): number {
  const { dims, type } = program.values[logits]!;
  if (dims.length === 2 && type === 'float32' && dims[1]! > 1) return dims[1]!;
  throw new GdwsError('SHAPE_MISMATCH', 'the output is not one row of logits an image.', {
    shape: dims,
    remedy: 'Calibration by gradients takes a classifier.',
  });
}

/** softmax - indicator of the class that a number in (0, 1) draws. */
function drawnGradient(logits: Float32Array, draw: number): Float32Array {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const gradient = Float32Array.from(powers, (power) => power / total);
  let left = draw * total;
  const drawn = powers.findIndex((power) => (left -= power) <= 0);
  gradient[drawn < 0 ? logits.length - 1 : drawn]! -= 1;
  return gradient;
}

function addTo(sums: Float64Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
