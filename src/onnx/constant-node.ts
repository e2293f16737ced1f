import {
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from './attribute';
import { isStandardDomain } from './domain';
import { placeOf } from './node-place';
import type { NodeProto } from './onnx_pb';
import { decodeTensor } from './tensor';
import type { Constant } from './value';

/**
 * The tensor of a Constant node, in any of its forms but the sparse one; `undefined` for another node.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Constant.html
 */
export function constantOfNode(node: NodeProto): Constant | undefined {
  if (node.opType !== 'Constant' || !isStandardDomain(node.domain)) return undefined;
  const tensor = tensorAttribute(node, 'value');
  if (tensor) return decodeTensor(tensor, placeOf(node));
  if (hasAttribute(node, 'value_int')) {
    return { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(intAttribute(node, 'value_int'))) };
  }
  if (hasAttribute(node, 'value_float')) {
    return { type: 'float32', dims: [], data: Float32Array.of(floatAttribute(node, 'value_float')) };
  }
  if (hasAttribute(node, 'value_ints')) {
    const data = BigInt64Array.from(intsAttribute(node, 'value_ints'), BigInt);
    return { type: 'int64', dims: [data.length], data };
  }
  if (hasAttribute(node, 'value_floats')) {
    const data = Float32Array.from(floatsAttribute(node, 'value_floats'));
    return { type: 'float32', dims: [data.length], data };
  }
  if (hasAttribute(node, 'value_string')) {
    return { type: 'string', dims: [], data: [stringAttribute(node, 'value_string')] };
  }
  if (hasAttribute(node, 'value_strings')) {
    const data = stringsAttribute(node, 'value_strings');
    return { type: 'string', dims: [data.length], data };
  }
  return undefined;
}
