import type { DenseReason } from '../gdws/layers';
import type { ProductSummary } from '../quantize/quantization-pass';
import type { FloatNodeSummary } from '../quantize/quantize';

/** Before and after a compression. */
export interface Change {
  /** Of the dense network. */
  readonly before: number;
  /** Of the compressed network. */
  readonly after: number;
}

/** Result for one convolution. Nodes that share their weights are one layer, named by the first. */
export interface LayerSummary {
  /** Name of the node, or, if it has none, of its first output. */
  readonly name: string;
  /** Whether it was replaced. */
  readonly status: 'gdws' | 'dense';
  /** Why it stayed dense. */
  readonly reason?: DenseReason;
  /** M; `undefined`, as the next ones, where the shape of the weights is not known. */
  readonly outputChannels?: number;
  /** C, of all groups together. */
  readonly inputChannels?: number;
  /** Groups of the convolution. */
  readonly groups?: number;
  /** Spatial size of its kernels. */
  readonly kernel?: readonly number[];
  /** g_c of every input channel, if it is GDWS. */
  readonly g?: readonly number[];
  /** G = Σ g_c, if it is GDWS. */
  readonly kernels?: number;
  /** Whether its kernels and pointwise weights were fitted to calibration images, if there are any and it is GDWS. */
  readonly calibrated?: boolean;
  /** Weighted error e² = Σ α_c ‖W_c - Q_c‖². */
  readonly error: number;
  /** e² as a share of the weighted energy Σ α_c ‖W_c‖². */
  readonly relativeError: number;
  /** Multiply-accumulates of one run; `undefined` where shapes are not known. */
  readonly macs?: Change;
  /** Weights, without biases. */
  readonly params?: Change;
  /** In a quantized network: the format of its numbers. */
  readonly format?: NumberFormat;
  /** Milliseconds by the latency model, if there is one. */
  readonly time?: Change;
}

/** Format of a network's numbers, or of a layer's. */
export type NumberFormat = 'float32' | 'int8';

/** Quality of the allocation of a budget. docs/allocation.md defines losses. */
export interface AllocationSummary {
  /** Loss of the compressed network. */
  readonly loss: number;
  /** No allocation within the budget loses less than this. */
  readonly bound: number;
  /** (loss - bound) / loss; 0 where nothing is lost. */
  readonly gap: number;
  /** Whether the search was exhaustive: then no allocation loses less than `loss`, either. */
  readonly isOptimal: boolean;
}

/** Result for a network: plain numbers, ready for JSON. */
export interface CompressionSummary {
  /** Every convolution, in the network's order. */
  readonly layers: readonly LayerSummary[];
  /** Of all Conv, ConvTranspose, Gemm and MatMul; `undefined` where shapes are not known. */
  readonly macs?: Change;
  /** Weights of the same operators, without biases. */
  readonly params: Change;
  /** Milliseconds of a run by the latency model, if there is one. */
  readonly time?: Change;
  /** Present for a budget. */
  readonly allocation?: AllocationSummary;
  /** Size of the model file, in bytes. */
  readonly bytes: Change;
  /** Present for a network that was quantized. */
  readonly quantization?: QuantizationSummary;
}

/** What became integers, and what did not. */
export interface QuantizationSummary {
  /** Conv, ConvTranspose, Gemm and MatMul that multiply integers now. */
  readonly products: readonly ProductSummary[];
  /** Nodes that compute floats, among those and behind them. */
  readonly inFloats: readonly FloatNodeSummary[];
  /**
   * What rounding loses: the share of what the dense network's predictions tell about the calibration images that is lost beyond what
   * the network in floats loses. Absent where the network's first output is not one of each image.
   */
  readonly loss?: number;
}
