import { inferValues } from '../analysis/infer';
import { simplify } from '../analysis/simplify';
import { upgradeOperatorSet } from '../analysis/upgrade-operator-set';
import { widenHalfFloats } from '../analysis/widen-half-floats';
import { imageFeeds, type CalibrationImages } from '../calibrate/images';
import { nameNodes } from '../graph/distinct-names';
import { Graph } from '../graph/graph';
import { editableCopy } from '../onnx/copy';
import type { ModelProto } from '../onnx/onnx_pb';
import type { KnownValue } from '../onnx/value';
import type { EqualizedNetwork } from './equalize-channels';
import { findQuantizedNodes, type FloatChoice, type QuantizedNodes } from './quantized-nodes';

/**
 * Checks that a model is of an operator set with scales by channel, or can be upgraded to one.
 *
 * @throws {GdwsError} OPERATOR_UNSUPPORTED
 */
export function checkOperatorSet(graph: Graph, values: ReadonlyMap<string, KnownValue>): void {
  upgradeOperatorSet(new Graph(editableCopy(graph.model), graph.file), values);
}

/** A copy to edit, simplified, of float32, of an operator set with scales by channel, whose nodes have names of their own. */
export function quantizableGraph(model: ModelProto, images: CalibrationImages): Graph {
  const graph = new Graph(editableCopy(model));
  graph.removeDead();
  nameNodes(graph);
  const values = valuesOf(graph, images);
  upgradeOperatorSet(graph, values);
  widenHalfFloats(graph, values);
  simplify(graph);
  return graph;
}

/** What becomes integers in such a copy. */
export function findNodes(graph: Graph, images: CalibrationImages, choice?: FloatChoice): QuantizedNodes {
  return findQuantizedNodes(graph, valuesOf(graph, images), choice);
}

/** Such a copy, for the equalization of its channels. */
export function equalizedNetwork(graph: Graph, images: CalibrationImages, choice?: FloatChoice): EqualizedNetwork {
  const values = valuesOf(graph, images);
  return { graph, values, products: findQuantizedNodes(graph, values, choice).products };
}

/** The shapes are those that the images give: the model may leave them open. */
function valuesOf(graph: Graph, images: CalibrationImages): Map<string, KnownValue> {
  const count = Math.min(images.batchSize, images.count);
  return inferValues(graph, imageFeeds(graph, count, images.dims), { lenient: true });
}
