/** Where networks can run. */
export interface SupportedBackend {
  /** Name of the execution provider. */
  readonly name: string;
  /** Whether it is part of the package. */
  readonly bundled: boolean;
}

/** Where networks can run, as onnxruntime-node lists it: on the CPU. */
export function listSupportedBackends(): SupportedBackend[] {
  return [{ name: 'cpu', bundled: true }];
}
