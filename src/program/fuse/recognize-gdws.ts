import type { Constant } from '../../onnx/value';
import { addConstant, constantOf, type BuiltProgram } from '../built-program';
import { float32Of, type ConstantPool } from '../constant-pool';
import { gdwsInPlaceOf } from '../gdws-operation';
import type { Operation, ProgramOperation } from '../operation';
import type { Pattern, ProgramRewriter } from '../program-rewriter';
import { isChannelGather, permuteColumns, permuteRows, separableStages } from './separable-stages';

/** Depthwise and pointwise stage of a GDWS convolution, and the gather before them where some g_c is not 1. */
interface Stages {
  readonly gather?: Operation<'gather'>;
  readonly depthwise: Operation<'convolution'>;
  readonly pointwise: Operation<'convolution'>;
}

/**
 * Replaces Gather → depthwise convolution → pointwise convolution by one `gdws` operation, also in models of other tools. The
 * gather may be absent, and may take channels in any order; the depthwise convolution may have a multiplier and a bias.
 */
export function gdwsPattern(built: BuiltProgram, pool: ConstantPool): Pattern {
  return (pointwise, rewriter) => {
    if (!isPointwise(pointwise, rewriter)) return;
    const depthwise = rewriter.soleProducerOf(pointwise.inputs[0]);
    if (!depthwise || !isDepthwise(depthwise, rewriter)) return;
    if (!constantOf(built, depthwise.inputs[1]) || !constantOf(built, pointwise.inputs[1])) return;
    const before = rewriter.soleProducerOf(depthwise.inputs[0]);
    const gather = before && isChannelGather(before, rewriter) ? before : undefined;
    const operation = combine({ gather, depthwise, pointwise }, built, pool);
    if (operation) rewriter.replace(pointwise, operation, gather ? [depthwise, gather] : [depthwise]);
  };
}

function isPointwise(operation: ProgramOperation, rewriter: ProgramRewriter): operation is Operation<'convolution'> {
  if (operation.opcode !== 'convolution') return false;
  const [, , kernelHeight, kernelWidth] = rewriter.valueOf(operation.inputs[1]!).dims;
  const { strides, pads } = operation.attributes;
  return (
    kernelHeight === 1 && kernelWidth === 1 && strides.every((stride) => stride === 1) && pads.every((pad) => pad === 0)
  );
}

function isDepthwise(operation: ProgramOperation, rewriter: ProgramRewriter): operation is Operation<'convolution'> {
  return (
    operation.opcode === 'convolution' &&
    operation.attributes.groups === rewriter.valueOf(operation.inputs[0]!).dims[1] &&
    operation.attributes.activation.name === 'none' &&
    operation.inputs[3] === undefined
  );
}

function combine(
  { gather, depthwise, pointwise }: Stages,
  built: BuiltProgram,
  pool: ConstantPool,
): Operation<'gdws'> | undefined {
  const source = gather ? gather.inputs[0]! : depthwise.inputs[0]!;
  const channels = built.program.values[source]!.dims[1]!;
  const indices = gather && constantOf(built, gather.inputs[1]);
  if (gather && !indices) return undefined;
  const depthwiseWeights = constantOf(built, depthwise.inputs[1])!;
  const pointwiseWeights = constantOf(built, pointwise.inputs[1])!;
  const { groups, activation } = pointwise.attributes;

  const rows = depthwiseWeights.dims[0]!;
  const stages = separableStages(
    rows,
    depthwise.attributes.groups,
    channels,
    indices?.data as Int32Array | BigInt64Array | undefined,
  );
  if (!stages) return undefined;
  const { kernels, order, isSorted } = stages;
  // With other orders, columns would change their group.
  if (!isSorted && groups !== 1) return undefined;

  const key = (name: string, ...of: (Constant | undefined)[]) =>
    [name, ...of.map((constant) => constant && pool.numberOf(constant)), indices && pool.numberOf(indices)].join();
  const depthwiseId = isSorted
    ? depthwise.inputs[1]!
    : addConstant(
        built,
        pool,
        pool.derive(key('rows', depthwiseWeights), () => permuted(depthwiseWeights, permuteRows, order)),
      );
  const pointwiseId = isSorted
    ? pointwise.inputs[1]!
    : addConstant(
        built,
        pool,
        pool.derive(key('columns', pointwiseWeights), () => permuted(pointwiseWeights, permuteColumns, order)),
      );

  let bias = pointwise.inputs[2];
  const depthwiseBias = constantOf(built, depthwise.inputs[2]);
  if (depthwise.inputs[2] !== undefined) {
    const pointwiseBias = constantOf(built, bias);
    if (!depthwiseBias || (bias !== undefined && !pointwiseBias)) return undefined;
    bias = addConstant(
      built,
      pool,
      pool.derive(key('bias', depthwiseBias, pointwiseWeights, pointwiseBias), () =>
        biasThrough(depthwiseBias, pointwiseWeights, pointwiseBias, groups),
      ),
    );
  }
  const joint: Operation<'convolution'> = {
    ...pointwise,
    inputs: [source, pointwiseId, bias, pointwise.inputs[3]],
    attributes: { ...depthwise.attributes, groups, activation },
  };
  return gdwsInPlaceOf(joint, { depthwise: depthwiseId, pointwise: pointwiseId, kernels });
}

/** Weights whose rows or columns are in another order. */
function permuted(
  constant: Constant,
  permute: (data: Float32Array, order: readonly number[]) => Float32Array,
  order: readonly number[],
): Constant {
  return { type: 'float32', dims: constant.dims, data: permute(float32Of(constant), order) };
}

/** Bias (M) of the pointwise stage that includes the bias (G) of the depthwise stage. */
function biasThrough(
  depthwiseBias: Constant,
  pointwiseWeights: Constant,
  pointwiseBias: Constant | undefined,
  groups: number,
): Constant {
  const [outputs = 0, width = 0] = pointwiseWeights.dims;
  const weights = float32Of(pointwiseWeights);
  const through = float32Of(depthwiseBias);
  const own = pointwiseBias && float32Of(pointwiseBias);
  const data = Float32Array.from({ length: outputs }, (_, m) => {
    const first = Math.floor(m / (outputs / groups)) * width;
    let sum = own ? own[m]! : 0;
    for (let g = 0; g < width; g++) sum += weights[m * width + g]! * through[first + g]!;
    return sum;
  });
  return { type: 'float32', dims: [outputs], data };
}
