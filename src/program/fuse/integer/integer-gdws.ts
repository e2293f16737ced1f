import { elementCount } from '../../../onnx/value';
import { isByteType } from '../../byte-quantization';
import { operationOf, placeOfInput, type Operation, type ProgramOperation, type ValueId } from '../../operation';
import type { Pattern, ProgramRewriter } from '../../program-rewriter';
import { isChannelGather, permuteColumns, permuteRows, separableStages } from '../separable-stages';
import { byteConstant, type QuantizedProgram } from './quantization';

const places = {
  xZeroPoint: placeOfInput('integerConvolution', 'xZeroPoint'),
  wZeroPoint: placeOfInput('integerConvolution', 'wZeroPoint'),
  scale: placeOfInput('integerConvolution', 'scale'),
  bias: placeOfInput('integerConvolution', 'bias'),
  residual: placeOfInput('integerConvolution', 'residual'),
};

/**
 * Gather → depthwise convolution → pointwise convolution of bytes, by this package or another tool, as one `integerGdws`.
 * Between the two convolutions are bytes, whose scale and limits become those of the features.
 */
export function integerGdws(quantized: QuantizedProgram): Pattern {
  return (pointwise, rewriter) => {
    if (pointwise.opcode !== 'integerConvolution' || !isPointwise(pointwise, rewriter)) return;
    const depthwise = rewriter.soleProducerOf(pointwise.inputs[0]);
    if (depthwise?.opcode !== 'integerConvolution' || !isDepthwise(depthwise, rewriter)) return;
    const before = rewriter.soleProducerOf(depthwise.inputs[0]);
    const gather = before && isChannelGather(before, rewriter) ? before : undefined;
    const by = combine(gather, depthwise, pointwise, quantized, rewriter);
    if (by) rewriter.replace(pointwise, by, gather ? [depthwise, gather] : [depthwise]);
  };
}

function isPointwise({ inputs, attributes }: Operation<'integerConvolution'>, rewriter: ProgramRewriter): boolean {
  const [, , kernelHeight, kernelWidth] = rewriter.valueOf(inputs[1]!).dims;
  const { strides, pads } = attributes;
  return (
    kernelHeight === 1 && kernelWidth === 1 && [...strides, ...pads.map((pad) => pad + 1)].every((one) => one === 1)
  );
}

/** Whether it writes bytes, of one channel each, and adds no residual. */
function isDepthwise(
  { inputs, outputs, attributes }: Operation<'integerConvolution'>,
  rewriter: ProgramRewriter,
): boolean {
  const { type } = rewriter.valueOf(outputs[0]!);
  return (
    attributes.groups === rewriter.valueOf(inputs[0]!).dims[1] &&
    isByteType(type) &&
    inputs[places.residual] === undefined
  );
}

function combine(
  gather: Operation<'gather'> | undefined,
  depthwise: Operation<'integerConvolution'>,
  pointwise: Operation<'integerConvolution'>,
  quantized: QuantizedProgram,
  rewriter: ProgramRewriter,
): ProgramOperation | undefined {
  const source = gather ? gather.inputs[0]! : depthwise.inputs[0]!;
  const channels = rewriter.valueOf(source).dims[1]!;
  const indices = gather && quantized.constantOf(gather.inputs[1]);
  if (gather && !indices) return undefined;
  const { groups } = pointwise.attributes;
  const { strides, dilations, pads, groups: depthwiseGroups, zeroPoint, least, most } = depthwise.attributes;
  const rows = rewriter.valueOf(depthwise.inputs[1]!).dims[0]!;
  const stages = separableStages(
    rows,
    depthwiseGroups,
    channels,
    indices?.data as Int32Array | BigInt64Array | undefined,
  );
  if (!stages) return undefined;
  const { kernels, order, isSorted } = stages;
  // With other orders, columns would change their group.
  if (!isSorted && groups !== 1) return undefined;
  const depthwiseId = int8Weights(depthwise, quantized, { name: 'rows', permute: permuteRows, order, isSorted });
  const pointwiseId = int8Weights(pointwise, quantized, { name: 'columns', permute: permuteColumns, order, isSorted });
  const ofRows = (place: number) => {
    const id = depthwise.inputs[place];
    const constant = quantized.constantOf(id);
    if (id === undefined || isSorted || !constant) return id;
    const data = permuteRows(constant.data as Float32Array | Int32Array, order);
    return quantized.constant({ ...constant, data });
  };
  const scale = depthwise.inputs[places.scale];
  if (depthwiseId === undefined || pointwiseId === undefined || !quantized.constantOf(scale)) return undefined;
  // The zero point of the features must be the one that the pointwise stage takes them with.
  if (byteOf(pointwise.inputs[places.xZeroPoint], quantized) !== zeroPoint) return undefined;
  return operationOf(
    'integerGdws',
    [
      source,
      depthwiseId,
      pointwiseId,
      depthwise.inputs[places.xZeroPoint],
      ofRows(places.scale),
      ofRows(places.bias),
      ...pointwise.inputs.slice(places.scale),
    ],
    pointwise.outputs,
    (gather ?? depthwise).origin,
    {
      ...pointwise.attributes,
      strides,
      dilations,
      pads,
      featureZeroPoint: zeroPoint,
      featureLeast: least,
      featureMost: most,
      kernels,
    },
  );
}

/** The number of a constant zero point; 0 where it is absent. */
function byteOf(id: ValueId | undefined, quantized: QuantizedProgram): number | undefined {
  return id === undefined ? 0 : (quantized.constantOf(id)?.data[0] as number | undefined);
}

interface Permutation {
  readonly name: string;
  readonly permute: typeof permuteRows;
  readonly order: readonly number[];
  readonly isSorted: boolean;
}

/** Weights less their zero points, in another order where they are not sorted; undefined unless all are int8. */
function int8Weights(
  { inputs }: Operation<'integerConvolution'>,
  quantized: QuantizedProgram,
  { name, permute, order, isSorted }: Permutation,
): ValueId | undefined {
  const [id, zeroPoints] = [inputs[1], inputs[places.wZeroPoint]];
  const weights = quantized.constantOf(id);
  const zeros = quantized.constantOf(zeroPoints);
  if (!weights || (zeroPoints !== undefined && !zeros)) return undefined;
  if (weights.type === 'int8' && !zeros && isSorted) return id;
  const depth = elementCount(weights.dims.slice(1));
  // A loop: TypedArray.from with a function lists all elements on JavaScript's heap.
  const numbers = Int16Array.from(weights.data as Int8Array);
  if (zeros) for (let i = 0; i < numbers.length; i++) numbers[i]! -= (zeros.data as Int8Array)[Math.floor(i / depth)]!;
  if (!numbers.every((one) => one >= -128 && one <= 127)) return undefined;
  const rule = `int8 weights, ${isSorted ? 'as they are' : `${name} ${order.join(' ')}`}`;
  return quantized.derived(rule, zeros ? [weights, zeros] : [weights], () => {
    const data = Int8Array.from(numbers);
    return byteConstant('int8', weights.dims, isSorted ? data : permute(data, order));
  });
}
