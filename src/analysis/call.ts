import { GdwsError, type ErrorDetails } from '../base/errors';
import type { Graph } from '../graph/graph';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';
import { OperatorCall } from '../operators/operator';

/** A node as its operator sees it. */
export function callOf(graph: Graph, node: NodeProto, valueOf: (name: string) => KnownValue | undefined): OperatorCall {
  const inputs = node.input.map((name) => (name === '' ? undefined : valueOf(name)));
  return new OperatorCall(node, graph.opsetOf(node.domain), inputs);
}

/** An operator does not support its node, as far as its inputs are known: their elements may be needed too. */
export class UnsupportedNode extends GdwsError {
  /** Printed as any GdwsError is. */
  static override readonly name = GdwsError.name;
  // Private, so that neither console.log nor JSON shows the message.
  readonly #source: NodeProto;

  /** @param source the node itself, since names of nodes need not be unique */
  constructor(source: NodeProto, error: GdwsError) {
    super(error.code, error.summary, error);
    this.#source = source;
  }

  get source(): NodeProto {
    return this.#source;
  }

  override within(place: ErrorDetails): UnsupportedNode {
    return new UnsupportedNode(this.#source, super.within(place));
  }
}

/** Runs one of an operator's functions on a call; all that it throws becomes an error that names the node. */
export function computeCall<T>({ node }: OperatorCall, compute: () => T): T {
  const place = placeOf(node);
  try {
    return compute();
  } catch (error) {
    if (error instanceof GdwsError) {
      const placed = error.within(place);
      throw error.code === 'OPERATOR_UNSUPPORTED' ? new UnsupportedNode(node, placed) : placed;
    }
    if (error instanceof RangeError && /length|allocation|(?<!stack )size/i.test(error.message)) {
      throw new GdwsError('OUT_OF_MEMORY', `its result is too large: ${error.message}.`, { ...place, cause: error });
    }
    throw new GdwsError('INTERNAL', `an operator failed: ${String(error)}.`, { ...place, cause: error });
  }
}
