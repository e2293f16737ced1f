import type { IContainer } from 'kubernetes-models/v1/Container' with { 'resolution-mode': 'import' };
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec' with { 'resolution-mode': 'import' };

// What of KServe's custom resources is used here, as its API reference describes them:
// https://kserve.github.io/website/docs/reference/crd-api

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface SupportedModelFormat {
  readonly name: string;
  readonly version?: string;
  readonly autoSelect?: boolean;
  /** From 1 on. */
  readonly priority?: number;
}

export interface ServingRuntime {
  readonly apiVersion: 'serving.kserve.io/v1alpha1';
  readonly kind: 'ServingRuntime';
  readonly metadata: Metadata;
  readonly spec: Pick<IPodSpec, 'affinity' | 'nodeSelector' | 'tolerations' | 'volumes'> & {
    readonly supportedModelFormats: readonly SupportedModelFormat[];
    readonly multiModel?: boolean;
    readonly disabled?: boolean;
    readonly protocolVersions?: readonly ('v1' | 'v2' | 'grpc-v1' | 'grpc-v2')[];
    /** The one that serves is `kserve-container`. */
    readonly containers: readonly IContainer[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface InferenceService {
  readonly apiVersion: 'serving.kserve.io/v1beta1';
  readonly kind: 'InferenceService';
  readonly metadata: Metadata;
  readonly spec: {
    readonly predictor: Omit<IPodSpec, 'containers'> & {
      readonly minReplicas?: number;
      readonly maxReplicas?: number;
      readonly scaleMetric?: 'cpu' | 'memory' | 'concurrency' | 'rps';
      readonly scaleTarget?: number;
      readonly containerConcurrency?: number;
      /** Seconds. */
      readonly timeout?: number;
      readonly model: Omit<IContainer, 'name'> & {
        readonly modelFormat: { readonly name: string; readonly version?: string };
        readonly runtime?: string;
        readonly protocolVersion?: 'v1' | 'v2' | 'grpc-v1' | 'grpc-v2';
        readonly storageUri?: string;
      };
    };
  };
}
