import { elementCount, type Constant } from '../../../onnx/value';
import { operationOf, type Attributes } from '../../operation';
import type { Pattern } from '../../program-rewriter';
import type { Quantization, QuantizedProgram } from './quantization';

/** Limit of the elements of all copies of a constant, as a multiple of its own: transposed, and then sliced. */
const mostCopies = 2;

/** What was copied of a constant, and of its copies. */
interface Copies {
  readonly rules: Set<string>;
  /** How many more elements may be copied. */
  left: number;
}

/**
 * Dequantized constants that are transposed or sliced are transposed or sliced as bytes, before the run. What would take
 * much memory is moved in the run.
 */
export function moveConstants(quantized: QuantizedProgram): Pattern {
  const copiesOf = new Map<object, Copies>();
  return (operation, rewriter) => {
    if (operation.opcode !== 'strided') return;
    const before = rewriter.producerOf(operation.inputs[0]);
    if (before?.opcode !== 'dequantize') return;
    const constant = quantized.constantOf(before.inputs[0]);
    const quantization = quantized.quantizationOf(before);
    const { dims } = rewriter.valueOf(operation.outputs[0]!);
    // What repeats elements would take more memory.
    if (!constant || !quantization || elementCount(dims) > constant.data.length) return;
    const { attributes } = operation;
    const axis = channelAxisOf(quantization, constant.dims, dims, attributes);
    if (axis === undefined) return;
    const rule = `elements ${attributes.offset} ${attributes.strides.join()} of ${dims.join()}`;
    const copies = copiesOf.get(constant.data) ?? { rules: new Set(), left: mostCopies * constant.data.length };
    const ofThis = `${rule} of ${quantized.pool.numberOf(constant)}`;
    const more = copies.rules.has(ofThis) ? 0 : elementCount(dims);
    if (more > copies.left) return;
    copies.rules.add(ofThis);
    copies.left -= more;
    const bytes = quantized.derived(rule, [constant], () => moved(constant, dims, attributes));
    for (const { data } of [constant, quantized.constantOf(bytes)!]) copiesOf.set(data, copies);
    const operands = [bytes, ...before.inputs.slice(1)];
    rewriter.replace(operation, operationOf('dequantize', operands, operation.outputs, before.origin, { axis }));
  };
}

/** The axis of `dims` that has a scale for each place; 0 where there is one scale, undefined where none is known to have. */
function channelAxisOf(
  { scales, axis }: Quantization,
  from: readonly number[],
  dims: readonly number[],
  { offset, strides }: Attributes<'strided'>,
): number | undefined {
  if (scales.length === 1) return 0;
  const inner = elementCount(from.slice(axis + 1));
  const all = inner * scales.length;
  const isChannels = (at: number) => {
    if (dims[at] !== scales.length || strides[at] !== inner) return false;
    // The others stay within the elements of one channel, or go on by all channels.
    const within = strides.filter((stride, other) => other !== at && dims[other]! > 1 && stride % all !== 0);
    const reach = strides.reduce(
      (sum, stride, other) => (other !== at && stride % all !== 0 ? sum + (dims[other]! - 1) * stride : sum),
      offset % all,
    );
    return within.every((stride) => stride > 0) && reach < inner;
  };
  return [...dims.keys()].find(isChannels);
}

function moved(constant: Constant, dims: readonly number[], { offset, strides }: Attributes<'strided'>): Constant {
  const from = constant.data as Int32Array;
  const data = from.slice(0, elementCount(dims));
  let at = 0;
  const copy = (axis: number, position: number): void => {
    if (axis === dims.length) {
      data[at++] = from[position]!;
      return;
    }
    for (let i = 0; i < dims[axis]!; i++) copy(axis + 1, position + i * strides[axis]!);
  };
  copy(0, offset);
  return { type: constant.type, dims, data };
}
