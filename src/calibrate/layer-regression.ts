import type { NativeProgram, NativeSession } from '../addon/native';
import { withNodeErrors } from '../engine/compile';
import type { Layer } from '../gdws/layers';
import { taps, type ConvolutionShape } from '../gdws/shape';
import { paddedMap } from '../gradient/convolution-weights';
import { walkOf } from '../gradient/walk';
import type { ConstantPool } from '../program/constant-pool';
import { encodeProgram } from '../program/encode';
import type { Operation, ValueId } from '../program/operation';
import { Program, type ProgramValue } from '../program/program';
import { ProgramWriter } from '../program/program-writer';
import type { RandomStream } from '../robustness/random-stream';
import type { LiveStore, StoredValue } from './live-store';
import { drawPixels, gatherChannels, patchPlaces } from './patches';
import { runStored } from './segments';

/** Moments that regress a layer's outputs in the dense network on its inputs in the compressed one. N = C / groups · K². */
export interface LayerRegression {
  /** (groups, N, N): E[x xᵀ], x a patch of the compressed network's map. Single, since N may be many thousands. */
  readonly patches: Float32Array;
  /** (groups, M / groups, N): E[y xᵀ], y = W x' with the same patch x' of the dense network's map. */
  readonly cross: Float64Array;
}

/** The layer's input maps of one batch. */
export interface LayerMaps {
  readonly dense: StoredValue;
  readonly compressed: StoredValue;
}

/** The convolution whose patches are read, in a program of batches of one size. */
export interface RegressedOperation {
  readonly operation: Operation<'convolution'>;
  readonly values: readonly ProgramValue[];
}

/** The session and store that the programs of a regression use. */
export interface RegressionEngine {
  readonly session: NativeSession;
  readonly store: LiveStore;
  readonly pool: ConstantPool;
}

/** Patches that are multiplied at once: enough to make reading and adding the moments a small part of the work. */
const patchesAtOnce = 4096;

/**
 * Sums the moments of one layer over batches. The pixels of a batch are divided into equal stretches; of each, `random` draws
 * one patch.
 */
export class RegressionSums {
  /** Sums; absent until something is added. */
  private patches: Float32Array | undefined;
  private readonly cross: Float64Array;
  private readonly programs = new Map<
    string,
    { program: NativeProgram; indices: (pixels: Int32Array) => Int32Array }
  >();
  /** Number of the weights among the session's constants. */
  private readonly weightsNumber: number;
  private count = 0;

  private readonly session: NativeSession;
  private readonly store: LiveStore;
  private readonly weights: Float32Array;
  private readonly shape: ConvolutionShape;

  constructor(
    { session, store, pool }: RegressionEngine,
    { weights, shape }: Pick<Layer, 'weights' | 'shape'>,
    private readonly random: RandomStream,
  ) {
    this.session = session;
    this.store = store;
    this.weights = weights;
    this.shape = shape;
    this.weightsNumber = pool.numberOf({ type: 'float32', dims: [], data: weights });
    this.cross = new Float64Array(shape.outputChannels * this.patchSize);
  }

  /** C / groups · K² */
  private get patchSize(): number {
    return (this.shape.inputChannels / this.shape.groups) * taps(this.shape);
  }

  /** Adds batches of one size. `share`, above 0 to 1, of their patches are drawn. */
  async add(batches: readonly LayerMaps[], regressed: RegressedOperation, share: number): Promise<void> {
    const { operation, values } = regressed;
    const [images = 0, , height = 0, width = 0] = values[operation.outputs[0]!]!.dims;
    const pixels = images * height * width;
    const drawn = Math.max(1, Math.round(share * pixels));
    const atOnce = Math.max(1, Math.floor(patchesAtOnce / drawn));
    for (let begin = 0; begin < batches.length; begin += atOnce) {
      const part = batches.slice(begin, begin + atOnce);
      const { program, indices } = this.programFor(regressed, part.length, drawn);
      const inputs = part.flatMap(({ dense, compressed }) => {
        const places = indices(drawPixels(0, pixels, drawn, this.random));
        const made = { type: 'int32' as const, bytes: places.byteLength, make: () => Promise.resolve(places) };
        return [dense, compressed, made];
      });
      const [patches, cross] = await runStored(program, inputs, this.store);
      const terms = new Float32Array(patches!);
      // N² may be tens of millions.
      if (this.patches) addTo(this.patches, terms);
      else this.patches = terms;
      addTo(this.cross, new Float32Array(cross!));
      this.count += drawn * part.length;
    }
  }

  /**
   * The means of all batches, one at least, shrunk to those of independent channels: with fewer patches than unknowns, estimates of the
   * correlations between channels are poor, but those within a channel are good. Nothing may be added after.
   *
   * @param shrinkage weight of the means without products of different channels; by default as if N further patches with
   *   independent channels had been seen: N / (N + patches)
   */
  means(shrinkage?: number): LayerRegression {
    const { cross, count, weights, patchSize: size } = this;
    const patches = this.patches!;
    const { groups, outputChannels } = this.shape;
    const ofTaps = taps(this.shape);
    const shrunk = shrinkage ?? size / (size + count);
    for (let row = 0; row < groups * size; ++row) {
      const channel = Math.floor((row % size) / ofTaps);
      const values = patches.subarray(row * size, (row + 1) * size);
      const own = values.slice(channel * ofTaps, (channel + 1) * ofTaps);
      for (let index = 0; index < size; ++index) values[index]! *= (1 - shrunk) / count;
      own.forEach((sum, tap) => (values[channel * ofTaps + tap] = sum / count));
    }
    for (let output = 0; output < outputChannels; ++output) {
      const firstRow = Math.floor((output * groups) / outputChannels) * size;
      for (let index = 0; index < size; ++index) {
        const first = index - (index % ofTaps);
        let alone = 0;
        for (let tap = first; tap < first + ofTaps; ++tap) {
          alone += weights[output * size + tap]! * patches[(firstRow + tap) * size + index]!;
        }
        const at = output * size + index;
        cross[at] = ((1 - shrunk) * cross[at]!) / count + shrunk * alone;
      }
    }
    return { patches, cross };
  }

  private programFor({ operation, values }: RegressedOperation, batches: number, drawn: number) {
    const { dims } = values[operation.inputs[0]!]!;
    const key = `${batches} ${drawn} ${dims.join('×')}`;
    let known = this.programs.get(key);
    if (!known) {
      const own = new Program();
      const indices = this.write(own, { operation, values }, batches, drawn);
      const constants = [[this.weightsNumber, { type: 0, data: this.weights }]] as const;
      known = { program: withNodeErrors(own, () => this.session.compile(encodeProgram(own), constants)), indices };
      this.programs.set(key, known);
    }
    return known;
  }

  /** @returns a function from output pixels to the places of their patches' elements in one channel of the padded maps */
  private write(
    program: Program,
    { operation, values }: RegressedOperation,
    batches: number,
    drawn: number,
  ): (pixels: Int32Array) => Int32Array {
    const { groups, outputChannels, kernel } = this.shape;
    const { dims } = values[operation.inputs[0]!]!;
    const output = values[operation.outputs[0]!]!.dims;
    const [size, kernelSize] = [this.patchSize, taps(this.shape)];
    const writer = new ProgramWriter(program, operation.origin);
    const walk = walkOf(operation.attributes);
    const weights = writer.numbered('float32', [groups, outputChannels / groups, size], this.weightsNumber);
    let plane: readonly number[] = [];
    const patchesOf = (map: ValueId, places: ValueId) => {
      const padded = paddedMap(writer, map, output.slice(2), walk, [outputChannels, size, ...kernel]);
      plane = writer.dimsOf(padded).slice(2);
      return writer.view(gatherChannels(writer, padded, places, kernelSize * drawn), [groups, size, drawn]);
    };
    const x: ValueId[] = [];
    const y: ValueId[] = [];
    for (let batch = 0; batch < batches; ++batch) {
      const [dense, compressed] = [writer.input('float32', dims), writer.input('float32', dims)];
      const places = writer.input('int32', [kernelSize * drawn]);
      const product = [groups, outputChannels / groups, drawn];
      x.push(patchesOf(compressed, places));
      y.push(
        writer.emit('matmul', [weights, patchesOf(dense, places)], product, {
          transposeA: false,
          transposeB: false,
          alpha: 1,
        }),
      );
    }
    const all = (parts: readonly ValueId[]) => {
      if (parts.length === 1) return parts[0]!;
      const [first = 0, second = 0] = writer.dimsOf(parts[0]!);
      return writer.emit('concat', parts, [first, second, drawn * parts.length], { axis: 2 });
    };
    const patches = all(x);
    program.outputs.push(writer.productOfRows(patches, patches), writer.productOfRows(all(y), patches));

    const [height = 0, width = 0] = plane;
    const [outputHeight = 0, outputWidth = 0] = output.slice(2);
    return (pixels) => patchPlaces(pixels, kernel, walk, [height, width], [outputHeight, outputWidth]);
  }
}

function addTo(sums: Float64Array | Float32Array, terms: Float32Array): void {
  for (let index = 0; index < sums.length; ++index) sums[index]! += terms[index]!;
}
