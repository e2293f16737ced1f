import type { DataType, KnownValue, ValueType } from '../onnx/value';
import { isByteType } from '../program/byte-quantization';
import { constantOf, numbersOf } from './elements';
import { emitBinary, emitUnary, floats, required } from './emission';
import { withOperands, type Lowering, type ValueId } from './lowering';
import { OperatorCall, type Operator } from './operator';
import { scaleOperands, scalesOf, type ScalePlaces } from './quantization';

/** The inputs of a node that are a quantized tensor, its scale and its zero point. */
export interface QuantizedInput extends ScalePlaces {
  readonly x: number;
  /** The axis along which there may be several scales, of a tensor of this rank. */
  readonly axis?: (rank: number) => number;
}

/** How a node of quantized tensors is, by definition, one of floats between dequantization and quantization. */
export interface ThroughFloats {
  readonly operator: Operator;
  /** Version of the operator set that `operator` follows. */
  readonly opset: number;
  /** The operator's inputs in order. */
  readonly inputs: readonly QuantizedInput[];
  /** Where the node may have the int32 bias of a product; its scale is the product of those of the first two inputs. */
  readonly bias?: number;
  /** A further factor of the bias's scale. */
  readonly biasFactor?: number;
  /** Absent where the result is float. */
  readonly output?: ScalePlaces;
}

function axisOf({ axis }: QuantizedInput, { dims }: ValueType): number | undefined {
  return axis?.(dims.length);
}

/** The call of the operator of floats. */
function floatCall(call: OperatorCall, form: ThroughFloats): OperatorCall {
  const { inputs, bias, opset } = form;
  const asFloat = ({ dims }: ValueType): KnownValue => ({ type: 'float32', dims });
  const values: KnownValue[] = inputs.map((input) => {
    const x = call.input(input.x);
    if (!isByteType(x.type)) {
      call.fail('OPERATOR_UNSUPPORTED', `input ${input.x} is ${x.type}; the engine runs it on uint8 and int8.`);
    }
    scalesOf(call, input, x, axisOf(input, x));
    return asFloat(x);
  });
  const added = bias === undefined ? undefined : call.inputs[bias];
  if (added && added.type !== 'int32') call.fail('TYPE_MISMATCH', `the bias is ${added.type}, not int32.`);
  return new OperatorCall(
    call.node,
    opset,
    added ? [...values, asFloat({ ...added, dims: biasDims(call, form) })] : values,
  );
}

function outputType(call: OperatorCall, { inputs, output }: ThroughFloats): DataType {
  if (!output) return 'float32';
  return call.inputs[output.zeroPoint]?.type ?? call.input(inputs[0]!.x).type;
}

function lower(call: OperatorCall, lowering: Lowering, form: ThroughFloats): void {
  const result = lowering.output(0);
  if (result === undefined) return;
  const inner = floatCall(call, form);
  const values: ValueId[] = form.inputs.map((input) => {
    const x = call.input(input.x);
    const { count, axis } = scalesOf(call, input, x, axisOf(input, x));
    const value = floats(lowering, x.dims);
    const operands = scaleOperands(call, lowering, input, count);
    lowering.emit('dequantize', [required(call, lowering, input.x), ...operands], [value], { axis });
    return value;
  });
  if (inner.inputs.length > values.length) values.push(dequantizedBias(call, lowering, form));
  const [type] = form.operator.infer(inner) as [ValueType];
  const y = form.output ? floats(lowering, type.dims) : result;
  form.operator.lower!(
    inner,
    withOperands(lowering, {
      input: (index) => values[index],
      output: (index) => (index === 0 ? y : undefined),
    }),
  );
  if (!form.output) return;
  const { count } = scalesOf(call, form.output, { type: outputType(call, form), dims: type.dims }, undefined);
  lowering.emit('quantize', [y, ...scaleOperands(call, lowering, form.output, count)], [result], { axis: 0 });
}

/** Number of scales of the bias: one, or as many as its last dim. */
function biasScaleCount(call: OperatorCall, { inputs }: ThroughFloats): number {
  return Math.max(...inputs.map(({ scale }) => call.input(scale).dims[0] ?? 1));
}

/** Dims of the bias with its last repeated for each of its scales. */
function biasDims(call: OperatorCall, form: ThroughFloats): readonly number[] {
  const { dims } = call.input(form.bias!);
  const count = biasScaleCount(call, form);
  return count > 1 && (dims.at(-1) ?? 1) === 1 ? [...dims.slice(0, -1), count] : dims;
}

function dequantizedBias(call: OperatorCall, lowering: Lowering, form: ThroughFloats): ValueId {
  const { inputs, bias, biasFactor = 1 } = form;
  const [a, b] = inputs.map(({ scale }) => call.input(scale)) as [KnownValue, KnownValue];
  const count = biasScaleCount(call, form);
  let scale: ValueId;
  if (a.constant && b.constant) {
    const [ofA, ofB] = [numbersOf(a.constant), numbersOf(b.constant)];
    const products = Float32Array.from(
      { length: count },
      (_, m) => biasFactor * ofA[ofA.length === 1 ? 0 : m]! * ofB[ofB.length === 1 ? 0 : m]!,
    );
    scale = lowering.constant(constantOf('float32', [count], products));
  } else {
    scale = floats(lowering, [count]);
    const [left, right] = inputs.map(({ scale: at }) =>
      lowering.view(required(call, lowering, at), [call.input(at).dims[0] ?? 1]),
    ) as [ValueId, ValueId];
    const product = biasFactor === 1 ? scale : floats(lowering, [count]);
    emitBinary(lowering, 'mul', left, right, product);
    if (biasFactor !== 1) emitUnary(lowering, 'linear', product, scale, { a: biasFactor });
  }
  const { dims } = call.input(bias!);
  const full = biasDims(call, form);
  let steps = required(call, lowering, bias!);
  if (full !== dims) {
    const repeated = lowering.temporary({ type: 'int32', dims: full });
    const strides = full.map((_, axis) => (axis === full.length - 1 ? 0 : 1));
    lowering.emit('strided', [steps], [repeated], { offset: 0, strides });
    steps = repeated;
  }
  const value = floats(lowering, full);
  lowering.emit('dequantize', [steps, scale], [value], { axis: count === 1 ? 0 : full.length - 1 });
  return value;
}

/** An operator of quantized tensors. */
export function throughFloats(formOf: (call: OperatorCall) => ThroughFloats, limits?: string): Operator {
  return {
    ...(limits === undefined ? {} : { limits }),
    infer: (call) => {
      const form = formOf(call);
      const [{ dims }] = form.operator.infer(floatCall(call, form)) as [ValueType];
      const type = outputType(call, form);
      if (form.output) scalesOf(call, form.output, { type, dims }, undefined);
      return [{ type, dims }];
    },
    lower: (call, lowering) => lower(call, lowering, formOf(call)),
  };
}
