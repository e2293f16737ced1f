import { create as make, type Message } from '@bufbuild/protobuf';
import type { Cancellation } from '../../batching/cancellation';
import { checkControl, checkLoadParameters } from '../control';
import { modelConfiguration, modelMetadata, serverMetadata, type ConfiguredTensor } from '../describe-model';
import type { ServedModel } from '../models/model-repository';
import type { Settings } from '../options';
import type { Duration, ModelStatistics } from '../../protocol/messages';
import type { Service } from '../service';
import { readInferMessage, writeInferMessage } from './infer-message';
import * as pb from './inference_pb';

/** What is known of a call beside its message. */
export interface CallContext {
  /** Fires where the client has gone, or its deadline is over. */
  readonly cancellation: Cancellation;
  /** Milliseconds that the client still waits; Infinity where it did not say. */
  readonly left: () => number;
  readonly traceparent: string | undefined;
}

/** Answers a message by another. */
export type UnaryMethod = (request: never, context: CallContext) => Promise<Message> | Message;

/** The methods of the Open Inference Protocol that answer one message by one, by name. */
export function inferenceMethods(
  service: Service,
  settings: Settings,
  version: string,
): Readonly<Record<string, UnaryMethod>> {
  const { repository } = service;
  // Of an empty version, the newest.
  const found = (name: string, asked: string): ServedModel => repository.find(name, asked || undefined);
  const infer = async (request: pb.ModelInferRequest, context: CallContext) => {
    const served = found(request.modelName, request.modelVersion);
    const asked = readInferMessage(served, request, context.traceparent);
    const left = context.left();
    const timeout = Math.min(asked.timeout ?? Infinity, left);
    const limited = { ...asked, timeout: timeout === Infinity ? undefined : Math.max(timeout, 0) };
    const { results } = await service.infer(served, limited, context.cancellation);
    return writeInferMessage(served, limited, results);
  };
  return {
    ServerLive: () => make(pb.ServerLiveResponseSchema, { live: true }),
    ServerReady: () => make(pb.ServerReadyResponseSchema, { ready: service.isReady }),
    ServerMetadata: () => {
      const { name, extensions } = serverMetadata(version);
      return make(pb.ServerMetadataResponseSchema, { name, version, extensions: [...extensions] });
    },
    ModelReady: ({ name, version: asked }: pb.ModelReadyRequest) =>
      make(pb.ModelReadyResponseSchema, { ready: service.isModelReady(name, asked || undefined) }),
    ModelMetadata: ({ name, version: asked }: pb.ModelMetadataRequest) => {
      const { inputs, outputs, versions, ...rest } = modelMetadata(found(name, asked));
      const tensors = (values: typeof inputs) =>
        values.map(({ shape, ...one }) => ({ ...one, shape: shape.map(BigInt) }));
      return make(pb.ModelMetadataResponseSchema, {
        ...rest,
        versions: [...versions],
        inputs: tensors(inputs),
        outputs: tensors(outputs),
      });
    },
    ModelInfer: infer,
    ModelConfig: ({ name, version: asked }: pb.ModelConfigRequest) => {
      const { input, output, max_batch_size: maxBatchSize, ...rest } = modelConfiguration(found(name, asked));
      const tensors = (values: readonly ConfiguredTensor[]) =>
        values.map((one) => ({
          name: one.name,
          dataType: pb.DataType[one.data_type as keyof typeof pb.DataType],
          dims: one.dims.map(BigInt),
        }));
      const config = { ...rest, maxBatchSize, input: tensors(input), output: tensors(output) };
      return make(pb.ModelConfigResponseSchema, { config });
    },
    ModelStatistics: ({ name, version: asked }: pb.ModelStatisticsRequest) =>
      make(pb.ModelStatisticsResponseSchema, {
        modelStats: service.statistics(name || undefined, asked || undefined).map(statisticsMessage),
      }),
    RepositoryIndex: ({ ready }: pb.RepositoryIndexRequest) =>
      make(pb.RepositoryIndexResponseSchema, {
        models: repository.index().filter(({ state }) => !ready || state === 'READY'),
      }),
    RepositoryModelLoad: async ({ modelName, parameters }: pb.RepositoryModelLoadRequest) => {
      checkControl(settings);
      checkLoadParameters(parameters);
      await repository.load(modelName);
      return make(pb.RepositoryModelLoadResponseSchema, {});
    },
    RepositoryModelUnload: async ({ modelName }: pb.RepositoryModelUnloadRequest) => {
      checkControl(settings);
      await repository.unload(modelName);
      return make(pb.RepositoryModelUnloadResponseSchema, {});
    },
  };
}

function statisticsMessage(one: ModelStatistics) {
  const { success, fail, queue, compute_input, compute_infer, compute_output } = one.inference_stats;
  return {
    name: one.name,
    version: one.version,
    lastInference: BigInt(one.last_inference),
    inferenceCount: BigInt(one.inference_count),
    executionCount: BigInt(one.execution_count),
    inferenceStats: {
      success: durationMessage(success),
      fail: durationMessage(fail),
      queue: durationMessage(queue),
      computeInput: durationMessage(compute_input),
      computeInfer: durationMessage(compute_infer),
      computeOutput: durationMessage(compute_output),
    },
    batchStats: one.batch_stats.map(({ batch_size, compute_infer: run }) => ({
      batchSize: BigInt(batch_size),
      computeInfer: durationMessage(run),
    })),
    memoryUsage: one.memory_usage.map(({ type, id, byte_size }) => ({
      type,
      id: BigInt(id),
      byteSize: BigInt(byte_size),
    })),
  };
}

function durationMessage({ count, ns }: Duration) {
  return { count: BigInt(count), ns: BigInt(ns) };
}
