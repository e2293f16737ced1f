import type { GraphProto } from '../../onnx/onnx_pb';
import type { ValueType } from '../../onnx/value';
import type { Network } from '../network';
import type { RunState } from './run-state';
import type { RunValue } from './run-value';

/** A network to run, with a value for each of its inputs, in order. */
export interface NetworkRun {
  readonly network: Network;
  readonly inputs: readonly string[];
  readonly values: readonly RunValue[];
}

/**
 * Work that asks for runs of networks, and gets their outputs; or between two trips of a loop asks for nothing, so that it can be
 * stopped there. Whoever drives it runs them on the JavaScript thread or off it.
 */
export type Work<Result> = Generator<NetworkRun | 'trip', Result, readonly RunValue[]>;

/** The body of an If, Loop or Scan, ready to run. */
export interface Scope {
  /** Names that it reads from outside. */
  readonly captured: readonly string[];
  /** Its outputs for values of its inputs, by name, and of what it captures. */
  run(values: ReadonlyMap<string, RunValue>, state: RunState): Work<readonly RunValue[]>;
  /** Types of the outputs for such inputs, as far as they follow from them; dims are 0 where they do not. */
  outputTypes(inputs: ReadonlyMap<string, ValueType>): ValueType[];
}

/** What a node finds around it in a run. */
export interface Surroundings {
  readonly state: RunState;
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly valueOf: (name: string) => RunValue;
  readonly scopeOf: (body: GraphProto) => Scope;
}
