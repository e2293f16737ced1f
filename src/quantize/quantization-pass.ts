import { native } from '../addon/native';
import { GdwsError, type ErrorCode } from '../base/errors';
import type { CalibrationImages } from '../calibrate/images';
import type { StoredValue } from '../calibrate/live-store';
import type { Graph } from '../graph/graph';
import { toFloat32 } from '../onnx/floats';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { UniformQuantization } from '../program/byte-quantization';
import { operationOf, type Operation, type ProgramOperation, type ValueId } from '../program/operation';
import type { Program } from '../program/program';
import { RandomStream } from '../robustness/random-stream';
import { channelMeans } from './channel-means';
import { featureRanges } from './feature-ranges';
import { checkFinite, floatBias, setFloatBias, setFloatWeights } from './float-weights';
import { insertQuantization, quantizationConstants } from './insert-quantization';
import { MeasuringPrograms } from './measuring-programs';
import { pointwiseStageOf } from './pointwise-stage';
import { productError } from './product-error';
import { productMoments, type ProductMoments } from './product-moments';
import { withMeans } from './moments-with-means';
import {
  dequantizedRows,
  inModelOrder,
  nearestWeights,
  weightRowsOf,
  withBias,
  type IntegerBias,
  type IntegerWeights,
  type WeightRows,
} from './product-weights';
import type { QuantizedNodes } from './quantized-nodes';
import { featureZeroPoint, integerKernels } from './separable-kernels';
import { StoredNetwork, type StoredEngine } from './stored-network';
import { sampleTensor } from './tensor-sample';
import { leastErrorScale } from './uniform-scale';

/** Which of the steps are taken; all by default. */
export interface RoundingSteps {
  /** Whether channels between products are scaled where one scale for all of a tensor's bytes fits them better then. */
  readonly equalizes: boolean;
  /** Whether products are regressed on what they read. */
  readonly fits: boolean;
  /** Whether weights are rounded one after the other, each making up for those before. */
  readonly isSequential: boolean;
  /** Whether biases make up for the means that rounding shifts. */
  readonly correctsBias: boolean;
  /** Share of the mean square of what a product reads, that the regression is held to the given weights by. */
  readonly ridge: number;
}

export interface PassOptions extends Partial<Omit<RoundingSteps, 'equalizes'>> {
  /**
   * Whether each product and tensor is rounded as if it alone were: those behind it read what the network in floats gives (default
   * false).
   */
  readonly isIsolated?: boolean;
  readonly threads: number;
  readonly seed: number;
  /** Bytes of the moments of a product; one that would take more is rounded to the nearest. */
  readonly momentBytes: number;
  readonly onProduct: (done: number, total: number) => void;
  readonly throwIfAborted: () => void;
}

export interface PassNetworks {
  /** The network whose results are wanted, in floats. */
  readonly reference: Graph;
  /** The network to quantize. It gets QuantizeLinear and DequantizeLinear, and floats for its rounded weights. */
  readonly simulated: Graph;
  /** Of `simulated`. */
  readonly nodes: QuantizedNodes;
  readonly images: CalibrationImages;
  readonly engine: StoredEngine;
}

/** What became of a product. */
export interface ProductSummary {
  /** Its name. */
  readonly node: string;
  /** How it was rounded: fitted to what the dense network gives, as a depthwise stage, or to the nearest. */
  readonly method: 'fitted' | 'depthwise stage' | 'nearest';
  /**
   * Where it was fitted: mean squared error of what it gives in the quantized network, with all rounding before it, as a share of the
   * variance of what it gives in the dense one.
   */
  readonly error?: number;
}

export interface PassResult {
  readonly quantizations: ReadonlyMap<string, UniformQuantization>;
  readonly weights: ReadonlyMap<string, ProductInIntegers>;
  readonly summaries: readonly ProductSummary[];
}

interface ProductInIntegers {
  readonly weights: IntegerWeights;
  readonly bias?: IntegerBias;
}

/** A product and the operation that computes it. */
interface PlacedProduct {
  readonly node: NodeProto;
  readonly operation: Operation<'convolution'> | Operation<'matmul'>;
}

/** Patches that products are regressed on: this many, or so many times the unknowns of an output. */
const leastPatches = 16384;
const patchesPerUnknown = 4;

/** Of numbers with a scale below this, the squares are no normal numbers of float32. */
const leastFittedScale = 1e-17;

/** Goes through a network, and chooses scales and rounds weights on the way. */
export class QuantizationPass {
  readonly weights = new Map<string, ProductInIntegers>();
  private readonly quantizations = new Map<string, UniformQuantization>();
  private readonly summaries: ProductSummary[] = [];
  private readonly dense: StoredNetwork;
  private readonly quantized: StoredNetwork;
  private readonly programs: MeasuringPrograms;
  /** What the weights of pointwise stages are to be divided by, column by column. */
  private readonly featureFactors = new Map<NodeProto, Float64Array>();
  /** The pointwise stage that reads a tensor of features. */
  private readonly pointwiseStages = new Map<string, NodeProto>();
  private readonly tensorOfQuantize = new Map<string, string>();
  private readonly productOfNode: ReadonlyMap<string, NodeProto>;
  private readonly steps: Omit<RoundingSteps, 'equalizes'>;

  constructor(
    private readonly networks: PassNetworks,
    private readonly options: PassOptions,
  ) {
    const { reference, simulated, nodes, images, engine } = networks;
    const { fits = true, isSequential = true, correctsBias = true, ridge = 1e-3 } = options;
    this.steps = { fits, isSequential, correctsBias, ridge };
    // Read before the nodes read dequantized tensors.
    const isProduct = new Set(nodes.products);
    for (const node of nodes.products) {
      const stage = pointwiseStageOf(simulated, isProduct, node);
      if (stage) this.pointwiseStages.set(node.output[0]!, stage);
    }
    for (const node of nodes.products) {
      const rows = weightRowsOf(simulated, node);
      checkFinite(node, 'weight', rows.rows);
      if (this.pointwiseStages.has(node.output[0]!)) node.input.length = 2;
      else if (node.opType !== 'MatMul') {
        // Biases make up for rounding, so that each product which may have one gets one.
        const bias = floatBias(simulated, node, rows.outputs);
        checkFinite(node, 'bias', bias);
        setFloatBias(simulated, node, bias);
      }
      const isExact = options.isIsolated || isOneOperation(node);
      const numbers = isExact ? rows.rows : dequantizedRows(nearestWeights(rows));
      setFloatWeights(simulated, node, rows, numbers);
    }
    insertQuantization(simulated, nodes, () => ({ type: 'uint8', scale: 1, zeroPoint: 0 }));
    for (const node of simulated.nodes) {
      if (node.opType === 'QuantizeLinear') this.tensorOfQuantize.set(nameOf(node), node.input[0]!);
    }
    this.productOfNode = new Map(nodes.products.map((node) => [nameOf(node), node]));
    this.dense = new StoredNetwork(reference, images, engine);
    this.quantized = new StoredNetwork(simulated, images, engine, options.isIsolated ? passOver : undefined);
    this.programs = new MeasuringPrograms(engine);
  }

  async run(): Promise<PassResult> {
    const { quantized, options, networks } = this;
    const { products } = networks.nodes;
    let done = 0;
    for (const [place, operation] of quantized.operations.entries()) {
      const { node } = operation.origin;
      const tensor = operation.opcode === 'quantize' ? this.tensorOfQuantize.get(node) : undefined;
      const product = quantized.productPlaceOf(node) === place ? this.productOfNode.get(node) : undefined;
      const sharesScale = tensor !== undefined && networks.nodes.tensors.get(tensor) !== tensor;
      if ((tensor === undefined || sharesScale) && !product) continue;
      options.throwIfAborted();
      await quantized.advance(place);
      this.programs.clear();
      if (tensor !== undefined) await this.quantizeTensor(tensor, operation as Operation<'quantize'>, place);
      if (product) {
        await this.round(product, operation, place);
        options.onProduct(++done, products.length);
      }
    }
    return { quantizations: this.quantizations, weights: this.weights, summaries: this.summaries };
  }

  private async quantizeTensor(tensor: string, operation: Operation<'quantize'>, place: number): Promise<void> {
    // The scale of features is that of the map that the kernels read.
    if (this.pointwiseStages.has(tensor)) return;
    const [x] = operation.inputs;
    const batches = this.quantized.batches.map(({ live, sized }) => ({
      stored: live.get(x!)!,
      value: sized.program.values[x!]!,
    }));
    const random = new RandomStream(this.options.seed, place);
    const sample = await sampleTensor(batches, operation, this.programs, random);
    if (!Number.isFinite(sample.most - sample.least)) this.refuseTensor(tensor);
    this.setQuantization(tensor, operation, leastErrorScale(sample));
  }

  /** @throws {GdwsError} ARGUMENT_INVALID for a tensor with numbers that are not finite */
  private refuseTensor(tensor: string): never {
    const { simulated, nodes } = this.networks;
    if (simulated.inputs.some(({ name }) => name === tensor)) {
      throw new GdwsError('ARGUMENT_INVALID', 'the calibration images have numbers that are not finite.', {
        tensor,
        remedy:
          'Check that the images hold no NaN or infinity, and are prepared as those that the model was trained on.',
      });
    }
    const isRead = (name: string) => name !== '' && nodes.tensors.get(name) === tensor;
    const sources = new Map(simulated.nodes.map((node) => [node.output[0]!, node.input[0]!]));
    const readers = [...nodes.nodes].filter(({ input }) =>
      // Through DequantizeLinear and QuantizeLinear.
      input.some((name) => isRead(sources.get(sources.get(name) ?? '') ?? '')),
    );
    const names = readers.map(nameOf).join("', '");
    throw new GdwsError(
      'ARGUMENT_INVALID',
      'the network makes numbers of the calibration images that are not finite.',
      {
        tensor,
        remedy: `Keep in floats what reads them: int8Exclude in the API, --int8-exclude on the command line, for '${names}'.`,
      },
    );
  }

  private setQuantization(tensor: string, { inputs }: ProgramOperation, quantization: UniformQuantization): void {
    this.quantizations.set(tensor, quantization);
    const { scale, zeroPoint } = quantizationConstants(quantization, [1]);
    this.quantized.setConstant(inputs[1]!, scale);
    this.quantized.setConstant(inputs[2]!, zeroPoint);
  }

  private async round(node: NodeProto, operation: ProgramOperation, place: number): Promise<void> {
    const { simulated } = this.networks;
    const rows = weightRowsOf(simulated, node);
    const prior = this.priorOf(node, rows);
    const nearest = () => nearestWeights({ ...rows, rows: prior });
    const product = placedProduct(node, operation);
    if (!product) return this.correctBias(node, nearest());
    if (this.pointwiseStages.has(node.output[0]!)) return this.roundKernels(product, rows, place);
    const unknowns = rows.rows.length / rows.outputs;
    const isTooWide = rows.groups * unknowns ** 2 * Float64Array.BYTES_PER_ELEMENT > this.options.momentBytes;
    const isTooSmall = this.inputScale(node) < leastFittedScale;
    const target = isTooWide || isTooSmall ? undefined : await this.wanted(node);
    if (target === undefined) return this.setWeights(product, rows, nearest(), this.biasOf(node), 'nearest');
    const patches = Math.max(leastPatches, patchesPerUnknown * unknowns);
    const x = operation.inputs[0]!;
    const maps = this.quantized.batches.map(({ live, sized }, index) => ({
      x: live.get(x)!,
      y: target[index]!,
      values: sized.program.values,
    }));
    const { groups, outputs } = rows;
    const measured = { operation: product.operation, groups, outputs, kernel: this.kernelOf(product) };
    const centered = await productMoments(
      measured,
      maps,
      patches,
      this.programs,
      new RandomStream(this.options.seed, place),
    );
    const given = this.biasOf(node);
    const moments = given ? centered : withMeans(centered, groups);
    const weights = await this.roundedTo(node, prior, rows, moments);
    const dequantized = dequantizedRows(weights);
    const bias = given && this.steps.correctsBias ? correctedBias(dequantized, rows, moments) : given;
    const result = { weights: dequantized, bias: bias ? Float32Array.from(bias) : new Float32Array(outputs) };
    const random = new RandomStream(this.options.seed, place, 1);
    const error = await productError(measured, maps, result, this.programs, random);
    this.setWeights(product, rows, weights, bias, 'fitted', error);
  }

  /** Corrects the bias of a product of several operations, whose weights are rounded already. */
  private async correctBias(node: NodeProto, rounded: IntegerWeights): Promise<void> {
    const bias = this.biasOf(node);
    const isCorrected = bias !== undefined && this.steps.correctsBias && !this.options.isIsolated;
    const shifts = isCorrected ? await this.shiftsOf(node) : undefined;
    const corrected = shifts ? bias!.map((one, m) => one + shifts[m]!) : bias;
    const { bias: integers } = this.record(node, rounded, corrected, 'nearest');
    const reading = this.quantized.operations.find(
      ({ origin, opcode }) => origin.node === nameOf(node) && opcode === 'convolutionTranspose',
    );
    if (integers && reading && !this.options.isIsolated) this.setBias(reading, integers);
  }

  /** Rounds the depthwise stage of a GDWS convolution, and gives its features their scale. */
  private async roundKernels(product: PlacedProduct, rows: WeightRows, place: number): Promise<void> {
    const { node, operation } = product;
    const batches = this.quantized.batches.map(({ live, sized }) => ({
      stored: live.get(operation.inputs[0]!)!,
      values: sized.program.values,
    }));
    const depthwise = { operation: operation as Operation<'convolution'>, weights: rows.rows };
    const random = new RandomStream(this.options.seed, place);
    const ranges = await featureRanges(batches, depthwise, this.programs, random);
    const scale = this.inputScale(node);
    const { numbers, scales, factors } = integerKernels(rows.rows, ranges, scale);
    const [features = ''] = node.output;
    // Behind the two nodes of its quantization.
    const quantizing = this.quantized.operations.find(
      ({ opcode, origin }) => opcode === 'quantize' && this.tensorOfQuantize.get(origin.node) === features,
    )!;
    this.setQuantization(features, quantizing, { type: 'uint8', scale, zeroPoint: featureZeroPoint });
    this.featureFactors.set(this.pointwiseStages.get(features)!, factors);
    this.setWeights(product, rows, { numbers, scales }, undefined, 'depthwise stage');
  }

  /** Rounded weights that regress what the dense network gives on what the product reads. */
  private async roundedTo(
    node: NodeProto,
    prior: Float32Array,
    { outputs, groups }: WeightRows,
    { gram, cross }: ProductMoments,
  ): Promise<IntegerWeights> {
    const features = prior.length / outputs;
    const perGroup = outputs / groups;
    const numbers = new Int8Array(prior.length);
    const scales = new Float32Array(outputs);
    const { fits, isSequential, ridge } = this.steps;
    for (let group = 0; group < groups; ++group) {
      const ofRows = <Elements extends Float32Array | Float64Array>(all: Elements) =>
        all.subarray(group * perGroup * features, (group + 1) * perGroup * features) as Elements;
      try {
        const own = await native().roundWeights(
          gram.subarray(group * features ** 2, (group + 1) * features ** 2),
          ofRows(cross),
          ofRows(prior),
          { features, outputs: perGroup, ridge, fits, isSequential },
          this.options.threads,
        );
        numbers.set(own.numbers, group * perGroup * features);
        scales.set(own.scales, group * perGroup);
      } catch (cause) {
        const { code = 'INTERNAL', message } = cause as { code?: ErrorCode; message: string };
        throw new GdwsError(code, `${message}.`, { node: nameOf(node), operator: node.opType, cause });
      }
    }
    return { numbers, scales };
  }

  /** The product's float weights, for the features that it really reads. */
  private priorOf(node: NodeProto, { rows, outputs, groups }: WeightRows): Float32Array {
    const factors = this.featureFactors.get(node);
    if (!factors) return rows;
    const size = rows.length / outputs;
    const perGroup = outputs / groups;
    return rows.map((one, i) => one / factors[Math.floor(i / size / perGroup) * size + (i % size)]!);
  }

  /** What the product of the dense network gives where a node does, batch by batch; `undefined` where it has none. */
  private async wanted(node: NodeProto): Promise<StoredValue[] | undefined> {
    const producer = this.networks.reference.producer(node.output[0]!);
    return producer && this.denseValues(this.dense.productPlaceOf(nameOf(producer)));
  }

  /** The result of an operation of the dense network, batch by batch. */
  private async denseValues(place: number | undefined): Promise<StoredValue[] | undefined> {
    if (place === undefined) return undefined;
    await this.dense.advance(place + 1);
    const [y] = this.dense.operations[place]!.outputs;
    const stored = this.dense.batches.map(({ live }) => live.get(y!));
    return stored.every((one) => one !== undefined) ? stored : undefined;
  }

  /** By how much the means of the channels that a node gives are too small; `undefined` where the dense network has no such tensor. */
  private async shiftsOf(node: NodeProto): Promise<Float64Array | undefined> {
    const producer = this.networks.reference.producer(node.output[0]!);
    const wanted = await this.denseValues(producer && this.dense.placeOf(nameOf(producer)));
    const place = this.quantized.placeOf(nameOf(node))!;
    const { outputs, origin } = this.quantized.operations[place]!;
    if (!wanted) return undefined;
    const found = await this.quantized.preview(place);
    const meansOf = (stored: readonly StoredValue[]) => {
      const batches = this.quantized.batches.map(({ sized }, index) => ({
        stored: stored[index]!,
        dims: sized.program.values[outputs[0]!]!.dims,
      }));
      return channelMeans(batches, origin, this.programs);
    };
    const [means, meansFound] = [await meansOf(wanted), await meansOf(found)];
    for (const stored of found) this.networks.engine.store.release(stored);
    return means.map((mean, m) => mean - meansFound[m]!);
  }

  private biasOf(node: NodeProto): Float64Array | undefined {
    return node.input[2] ? Float64Array.from(toFloat32(this.networks.simulated.constant(node.input[2])!)) : undefined;
  }

  /** Kernel of the operation, of two axes; none for a matrix. */
  private kernelOf({ operation }: PlacedProduct): readonly number[] {
    const [, weights] = operation.inputs;
    return operation.opcode === 'matmul'
      ? []
      : this.quantized.batches[0]!.sized.program.values[weights!]!.dims.slice(2);
  }

  private inputScale(node: NodeProto): number {
    const dequantize = this.networks.simulated.producer(node.input[0]!)!;
    const tensor = this.networks.simulated.producer(dequantize.input[0]!)!.input[0]!;
    return this.quantizations.get(this.networks.nodes.tensors.get(tensor)!)!.scale;
  }

  /** Gives the operation the rounded weights, in floats. */
  private setWeights(
    { node, operation }: PlacedProduct,
    rows: WeightRows,
    rounded: IntegerWeights,
    bias: Float64Array | undefined,
    method: ProductSummary['method'],
    error?: number,
  ): void {
    const { weights, bias: integers } = this.record(node, rounded, bias, method, error);
    if (this.options.isIsolated) return;
    const data = inModelOrder(dequantizedRows(weights), rows);
    this.quantized.setConstant(operation.inputs[1]!, { type: 'float32', dims: rows.dims, data });
    if (integers) this.setBias(operation, integers);
  }

  private setBias({ inputs }: ProgramOperation, integers: IntegerBias): void {
    const data = dequantizedRows(integers);
    this.quantized.setConstant(inputs[2]!, { type: 'float32', dims: [data.length], data });
  }

  private record(
    node: NodeProto,
    rounded: IntegerWeights,
    bias: Float64Array | undefined,
    method: ProductSummary['method'],
    error?: number,
  ): ProductInIntegers {
    const done = bias ? withBias(rounded, bias, this.inputScale(node)) : { weights: rounded };
    this.weights.set(nameOf(node), done);
    this.summaries.push({ node: nameOf(node), method, ...(error !== undefined && { error }) });
    return done;
  }
}

/** Has what reads a dequantized tensor read the tensor itself. */
function passOver(program: Program): void {
  const tensorOf = new Map<ValueId, ValueId>();
  program.operations = program.operations.map((operation) => {
    const [x] = operation.inputs;
    const [y] = operation.outputs;
    if (operation.opcode === 'quantize') tensorOf.set(y!, x!);
    const tensor = operation.opcode === 'dequantize' ? tensorOf.get(x!) : undefined;
    return tensor === undefined ? operation : operationOf('alias', [tensor], [y!], operation.origin);
  });
}

/** The product where one operation computes it. */
function placedProduct(node: NodeProto, operation: ProgramOperation): PlacedProduct | undefined {
  if (!isOneOperation(node)) return undefined;
  return operation.opcode === 'convolution' || operation.opcode === 'matmul' ? { node, operation } : undefined;
}

function isOneOperation({ opType }: NodeProto): boolean {
  return opType !== 'ConvTranspose';
}

/** ν - P μ */
function correctedBias(rows: Float32Array, { outputs, groups }: WeightRows, moments: ProductMoments): Float64Array {
  const size = rows.length / outputs;
  return moments.outputs.map((mean, m) => {
    const first = Math.floor((m * groups) / outputs) * size;
    let sum = mean;
    for (let i = 0; i < size; ++i) sum -= rows[m * size + i]! * moments.inputs[first + i]!;
    return sum;
  });
}
