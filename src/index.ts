/**
 * gdws: trained convolutional networks (ONNX) made generalized depthwise-separable without training, and run fast on CPUs.
 *
 * @module gdws
 */
export { InferenceSession } from './engine/session';
export type { RunOptions, SessionOptions } from './engine/session-options';
export { listSupportedBackends, type SupportedBackend } from './engine/execution-providers';
export * from 'onnxruntime-common';
export { concurrency, counters, simd, type Concurrency, type InstructionSet, type Simd } from './addon/introspection';
export { type Counters } from './addon/native';
export type { OperationProfile } from './engine/network';
export type { InputShapes } from './engine/given-shapes';
export { batched, type BatchingOptions } from './batching/batched';
export type {
  Answer,
  Batched,
  BatchedModel,
  BatchStatistics,
  Priority,
  RequestOptions,
  RequestTimes,
  RunTotals,
} from './batching/batched-model';
export { Cancellation } from './batching/cancellation';
export type { ServableModel, TakeOptions } from './batching/servable-model';
export {
  compressWithinDrop,
  type Drops,
  type HeldOutDrops,
  type DropTrial,
  type WithinDrop,
  type WithinDropOptions,
} from './compress/drop/compress-within-drop';
export { compress } from './compress/compress';
export { type Compression } from './compress/compression';
export { prepareCompression, type PreparedCompression } from './compress/prepare';
export type { CompressOptions, Goal, PrepareOptions, WriteOptions } from './compress/options';
export type { GivenAlpha } from './gdws/alpha';
export type { LayerSelection } from './gdws/layer-selection';
export type { DenseReason } from './gdws/layers';
export type {
  AllocationSummary,
  Change,
  CompressionSummary,
  LayerSummary,
  NumberFormat,
  QuantizationSummary,
} from './compress/summary';
export type { ProductSummary } from './quantize/quantization-pass';
export type { FloatNodeSummary } from './quantize/quantize';
export type { ChosenReason, FloatReason } from './quantize/quantized-nodes';
export { GdwsError, type ErrorCode, type ErrorDetails } from './base/errors';
export { errorCodes, type ErrorDescription } from './base/error-codes';
export { defaultLimits, type Limits } from './base/limits';
export { readMnist } from './data/mnist';
export { readCifar10 } from './data/cifar-binary';
export { ImageSet, type ImageBatch } from './data/image-set';
export { readNpy, writeNpy } from './data/npy';
export { readNpz } from './data/npz';
export { readImages, type ReadImagesOptions } from './data/read-images';
export { imageTensor, type ImageTensorOptions } from './data/image-tensor';
export { normalizationOf, type Preprocessing } from './data/preprocessing';
export { presets, type PresetName } from './data/presets';
export { preprocessingOf } from './data/preprocessing-block';
export type { Fit, Recipe } from './data/recipe';
export type { Layout } from './data/layout';
export { topK, type ClassScore, type TopKOptions } from './data/top-k';
export { readLabels } from './data/labels';
export { writeMap, type WriteMapOptions } from './data/write-map';
export { readImageFolder, type ImageFolderOptions } from './data/image-folder';
export {
  measureInterleaved,
  type Comparison,
  type Contestant,
  type Distribution,
  type Measurement,
  type MeasureOptions,
  type Ratio,
} from './measure';
export { measureLatency, type LatencyOptions } from './compress/measure-latency';
export type { FloatLatency, LatencyModel, LayerLatency } from './latency/latency-model';
export type { Calibration, CalibrationProgress } from './calibrate/calibration';
export { weightErrors, type WeightErrors } from './calibrate/weight-error';
export type { WeightErrorOptions, WeightErrorProgress } from './calibrate/options';
export { attack, type AttackOptions, type AttackProgress, type AttackResult } from './robustness/attack';
export type * from './robustness/settings';
export type { Classifier, LogitsClassifier } from './robustness/classifier';
export { logitsClassifier, sessionClassifier } from './robustness/session-classifier';
export { normalized, normalizedLogits, type Normalization } from './robustness/normalized';
export * from './robustness/evaluate';
export { evaluateShard, type ShardOptions, type ShardProgress } from './robustness/shards/evaluate-shard';
export { mergeShards, type MergedEvaluation, type MergedReport } from './robustness/shards/merge-shards';
export type { ModelOutcomes, Outcomes, TransferCounts, WayOutcomes } from './robustness/shards/outcomes';
export type { Shard } from './robustness/shards/shard';
export type { OutcomeComparison } from './robustness/comparison';
export type { Norm } from './robustness/norm';
export type { Passes } from './robustness/queries';
export { proportion, type Proportion } from './robustness/statistics/wilson';
export { mcnemar } from './robustness/statistics/mcnemar';
export {
  GradientSession,
  type Cotangent,
  type GradientOptions,
  type InputGradients,
  type LossGradients,
  type WeightGradientOptions,
  type WeightGradients,
} from './gradient/gradient-session';
export type { PairedDrop } from './robustness/statistics/paired-drop';
export type {
  ChangedPrediction,
  ChangedPredictions,
  LayerSpectrum,
  Prediction,
  SweepMethod,
  SweepReport,
  SweptNetwork,
} from './sweep/report';
export { pageOf } from './sweep/page/page';
export { svgOf } from './sweep/page/svg';
export { drawNetwork, type DrawOptions } from './drawing/draw-network';
export type { Box, Drawing, DrawnNode, DrawnOperation, DrawnTensor, Where } from './drawing/drawing';
export { networkPageOf } from './drawing/page/page';
export { sweep, type SweepOptions } from './sweep/sweep';
export { serve, type Server } from './serve/server';
export type { ServeOptions, TlsFiles } from './serve/options';
export { openRepository, type RepositoryOptions } from './serve/models/open-repository';
export type { Control } from './serve/models/folder-repository';
export type { Latest, ModelConfig, VersionPolicy } from './serve/models/model-config';
export type { IndexEntry, ModelRepository, ModelState, ServedModel } from './serve/models/model-repository';
