import { hasAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { isByteType, newBytes, quantizedByte } from '../program/byte-quantization';
import { normalizeAxis, typeAttribute } from './arguments';
import { isFloat, numbersOf } from './elements';
import { required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html, onnx__DequantizeLinear.html, onnx__DynamicQuantizeLinear.html

/** Places of the inputs of a node that quantize one of its tensors. */
export interface ScalePlaces {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Scales along an axis, or one of the whole tensor. */
export interface Scales {
  readonly count: number;
  /** 0 where there is one scale. */
  readonly axis: number;
}

/**
 * Checks the scales and zero points of a tensor.
 *
 * @param axis along which there may be several scales
 * @throws GdwsError SHAPE_MISMATCH, TYPE_MISMATCH, MODEL_INVALID
 */
export function scalesOf(
  call: OperatorCall,
  places: ScalePlaces,
  { type, dims }: ValueType,
  axis: number | undefined,
): Scales {
  const scale = call.input(places.scale);
  const zeroPoint = call.inputs[places.zeroPoint];
  const count = elementCount(scale.dims);
  if (!isFloat(scale.type)) call.fail('TYPE_MISMATCH', `the scale is ${scale.type}, not a float.`);
  if (scale.dims.length > 1 || (count !== 1 && (axis === undefined || count !== dims[axis]))) {
    call.fail('SHAPE_MISMATCH', `scales of [${scale.dims.join(', ')}] do not fit a tensor of [${dims.join(', ')}].`);
  }
  if (zeroPoint && (zeroPoint.dims.length > 1 || elementCount(zeroPoint.dims) !== count)) {
    call.fail('SHAPE_MISMATCH', `zero points of [${zeroPoint.dims.join(', ')}] do not fit ${count} scales.`);
  }
  if (zeroPoint && zeroPoint.type !== type) {
    call.fail('TYPE_MISMATCH', `the zero point is ${zeroPoint.type} where the tensor is ${type}.`);
  }
  if (scale.constant && !areScales(numbersOf(scale.constant))) {
    call.fail('MODEL_INVALID', 'a scale is not positive and finite.', { tensor: call.node.input[places.scale] });
  }
  return { count, axis: count === 1 ? 0 : axis! };
}

function areScales(numbers: ArrayLike<number>): boolean {
  for (let i = 0; i < numbers.length; i++) if (!(numbers[i]! > 0 && numbers[i]! < Infinity)) return false;
  return true;
}

/** Scales and zero points as operands of `quantize` and `dequantize`. */
export function scaleOperands(
  call: OperatorCall,
  lowering: Lowering,
  { scale, zeroPoint }: ScalePlaces,
  count: number,
): (ValueId | undefined)[] {
  const given = lowering.input(zeroPoint);
  return [
    lowering.view(required(call, lowering, scale), [count]),
    given === undefined ? undefined : lowering.view(given, [count]),
  ];
}

/** Attribute `axis`, 1 by default; within the tensor where there are several scales. */
function axisOf(call: OperatorCall): number | undefined {
  const { dims } = call.input(0);
  if (elementCount(call.input(1).dims) === 1) return undefined;
  return normalizeAxis(call, intAttribute(call.node, 'axis', 1), dims.length);
}

function refuseBlocks(call: OperatorCall): void {
  const size = intAttribute(call.node, 'block_size', 0);
  if (size !== 0) call.fail('OPERATOR_UNSUPPORTED', `quantization in blocks (block_size ${size}) is not supported.`);
}

const places = { scale: 1, zeroPoint: 2 };

function quantize(call: OperatorCall): ValueType & Scales {
  refuseBlocks(call);
  const stated = hasAttribute(call.node, 'output_dtype') && intAttribute(call.node, 'output_dtype') !== 0;
  const type = call.inputs[2]?.type ?? (stated ? typeAttribute(call, 'output_dtype') : 'uint8');
  const { dims } = call.input(0);
  return { type, dims, ...scalesOf(call, places, { type, dims }, axisOf(call)) };
}

/** float32, since the engine computes it so. */
function foldQuantize(call: OperatorCall): Constant[] | undefined {
  const { type, dims, count, axis } = quantize(call);
  const [x, scale, zeroPoint] = foldable(call, elementCount(dims)) ?? [];
  if (!x || !scale || !isByteType(type)) return undefined;
  const [scales, zeroPoints] = [numbersOf(scale), zeroPoint && numbersOf(zeroPoint)];
  const inner = elementCount(dims.slice(axis + 1));
  const numbers = numbersOf(x);
  const data = newBytes(type, numbers.length);
  for (let i = 0; i < data.length; i++) {
    const channel = count === 1 ? 0 : Math.floor(i / inner) % count;
    data[i] = quantizedByte(numbers[i]!, { type, scale: scales[channel]!, zeroPoint: zeroPoints?.[channel] ?? 0 });
  }
  return [{ type, dims, data }];
}

function lowerQuantize(call: OperatorCall, lowering: Lowering): void {
  const { type, count, axis } = quantize(call);
  if (!isByteType(type)) call.fail('OPERATOR_UNSUPPORTED', `quantization to ${type} is not supported.`);
  if (!isFloat(call.input(0).type)) {
    call.fail('OPERATOR_UNSUPPORTED', `quantization of ${call.input(0).type} is not supported.`);
  }
  const output = lowering.output(0);
  if (output === undefined) return;
  const operands = scaleOperands(call, lowering, places, count);
  lowering.emit('quantize', [required(call, lowering, 0), ...operands], [output], { axis });
}

function dequantize(call: OperatorCall): ValueType & Scales {
  refuseBlocks(call);
  const { type, dims } = call.input(0);
  const scales = scalesOf(call, places, { type, dims }, axisOf(call));
  return { type: call.input(1).type, dims, ...scales };
}

function lowerDequantize(call: OperatorCall, lowering: Lowering): void {
  const { count, axis } = dequantize(call);
  const { type } = call.input(0);
  if (!isByteType(type) && type !== 'int32') {
    call.fail('OPERATOR_UNSUPPORTED', `dequantization of ${type} is not supported.`);
  }
  const output = lowering.output(0);
  if (output === undefined) return;
  const operands = scaleOperands(call, lowering, places, count);
  lowering.emit('dequantize', [required(call, lowering, 0), ...operands], [output], { axis });
}

function lowerDynamicQuantize(call: OperatorCall, lowering: Lowering): void {
  const outputs = (['uint8', 'float32', 'uint8'] as const).map(
    (type, index) =>
      lowering.output(index) ?? lowering.temporary({ type, dims: index === 0 ? call.input(0).dims : [] }),
  );
  lowering.emit('dynamicQuantize', [required(call, lowering, 0)], outputs);
}

export const quantizationOperators: Record<string, Operator> = {
  QuantizeLinear: {
    limits: 'To uint8 and int8; not in blocks.',
    infer: inferOne(quantize),
    fold: foldQuantize,
    lower: lowerQuantize,
  },
  // Not folded: integer operations read the bytes of dequantized weights.
  DequantizeLinear: {
    limits: 'Of uint8, int8 and int32; not in blocks.',
    infer: inferOne(dequantize),
    lower: lowerDequantize,
  },
  DynamicQuantizeLinear: {
    infer: (call) => [
      { type: 'uint8', dims: call.input(0).dims },
      { type: 'float32', dims: [] },
      { type: 'uint8', dims: [] },
    ],
    lower: lowerDynamicQuantize,
  },
};
