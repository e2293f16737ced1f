import { elementCount } from '../../../onnx/value';
import { operationOf } from '../../operation';
import type { Pattern } from '../../program-rewriter';
import { stridedPositions } from '../../strided-positions';
import type { Quantization, QuantizedProgram } from './quantization';

/** Dequantized constants that are transposed or sliced are transposed or sliced as bytes, before the run. */
export function moveConstants(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    if (operation.opcode !== 'strided') return;
    const before = rewriter.producerOf(operation.inputs[0]);
    if (before?.opcode !== 'dequantize') return;
    const constant = quantized.constantOf(before.inputs[0]);
    const quantization = quantized.quantizationOf(before);
    const { dims } = rewriter.valueOf(operation.outputs[0]!);
    // What repeats elements would take more memory.
    if (!constant || !quantization || elementCount(dims) > constant.data.length) return;
    const { offset, strides } = operation.attributes;
    const positions = stridedPositions(dims, strides, offset);
    const axis = channelAxisOf(quantization, constant.dims, positions, dims);
    if (axis === undefined) return;
    const rule = `elements ${offset} ${strides.join()} of ${dims.join()}`;
    const bytes = quantized.derived(rule, [constant], () => {
      const from = constant.data as Int32Array;
      const data = from.slice(0, positions.length);
      positions.forEach((position, i) => (data[i] = from[position]!));
      return { type: constant.type, dims, data };
    });
    const operands = [bytes, ...before.inputs.slice(1)];
    rewriter.replace(operation, operationOf('dequantize', operands, operation.outputs, before.origin, { axis }));
  };
}

/** The axis of `dims` that has a scale for each place; 0 where there is one scale, undefined where none has. */
function channelAxisOf(
  { scales, axis }: Quantization,
  from: readonly number[],
  positions: Int32Array,
  dims: readonly number[],
): number | undefined {
  if (scales.length === 1) return 0;
  const inner = elementCount(from.slice(axis + 1));
  const candidates = [...dims.keys()].filter((at) => dims[at] === scales.length);
  return candidates.find((at) => {
    const own = elementCount(dims.slice(at + 1));
    return positions.every(
      (position, i) => Math.floor(position / inner) % scales.length === Math.floor(i / own) % scales.length,
    );
  });
}
