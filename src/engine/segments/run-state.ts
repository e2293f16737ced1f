import { checkLimit } from '../../base/limits';
import type { Graph } from '../../graph/graph';
import { placeOf } from '../../onnx/node-place';
import type { NodeProto } from '../../onnx/onnx_pb';
import type { RunValue } from './run-value';

/** The resources that one run has taken, against the limits of the model. */
export class RunState {
  private bytes = 0;
  private trips = 0;

  constructor(private readonly graph: Graph) {}

  /** Counts a value that is kept. @throws GdwsError LIMIT_EXCEEDED */
  hold(value: RunValue, node: NodeProto): void {
    this.bytes += value.byteLength;
    const what = 'values between the programs of a run have too many bytes';
    checkLimit(this.graph.limits, 'memoryBytes', this.bytes, what, { file: this.graph.file, ...placeOf(node) });
  }

  letGo(value: RunValue): void {
    this.bytes -= value.byteLength;
  }

  /** Counts one more trip of a loop. @throws GdwsError LIMIT_EXCEEDED */
  takeTrip(node: NodeProto): void {
    this.trips += 1;
    const what = 'the loops of a run take too many trips';
    checkLimit(this.graph.limits, 'trips', this.trips, what, { file: this.graph.file, ...placeOf(node) });
  }
}
