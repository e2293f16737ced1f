import { arrayOfType } from '../../src/onnx/value';
import type { NativeType } from '../../src/program/element-type';
import { placeOfInput, type Attributes, type OpcodeName, type ProgramOperation } from '../../src/program/operation';

/** Operations that are layers here. */
const layerOpcodes = [
  'convolution',
  'gdws',
  'matmul',
  'integerConvolution',
  'integerGdws',
] as const satisfies readonly OpcodeName[];

type LayerOpcode = (typeof layerOpcodes)[number];

/** A tensor of a layer. */
export interface LayerValue {
  readonly type: NativeType;
  readonly dims: readonly number[];
}

interface LayerOf<Opcode extends LayerOpcode> {
  readonly opcode: Opcode;
  /** x, the weights, and what else the operation has; `undefined` where absent. */
  readonly inputs: readonly (LayerValue | undefined)[];
  readonly output: LayerValue;
  readonly attributes: Attributes<Opcode>;
}

/** One operation of a program, apart from its weights; docs/architecture.md says what each has. */
export type Layer = { [Opcode in LayerOpcode]: LayerOf<Opcode> }[LayerOpcode];

export function isLayer(operation: ProgramOperation): operation is Extract<ProgramOperation, { opcode: LayerOpcode }> {
  return layerOpcodes.some((opcode) => opcode === operation.opcode);
}

/** Which of a layer's inputs are weights: all but x and the residual. */
export function weightsOf({ opcode, inputs }: Pick<Layer, 'opcode' | 'inputs'>): readonly number[] {
  const residual = placeOfInput(opcode, 'residual');
  return [...inputs.keys()].filter((place) => place !== 0 && place !== residual);
}

/** Whether it multiplies bytes. */
export function isOfBytes({ opcode }: Pick<Layer, 'opcode'>): boolean {
  return opcode === 'integerConvolution' || opcode === 'integerGdws';
}

/** Two for each multiply-add of the definition: of direct convolution, whatever way a kernel takes. */
export function operationsOf({ opcode, inputs, output: { dims }, attributes }: Layer): number {
  if (opcode === 'matmul') return 2 * elementsOf(dims) * inputs[0]!.dims.at(attributes.transposeA ? -2 : -1)!;
  const pixels = dims[0]! * dims[2]! * dims[3]!;
  const isSeparable = opcode === 'gdws' || opcode === 'integerGdws';
  return 2 * pixels * (elementsOf(inputs[1]!.dims) + (isSeparable ? elementsOf(inputs[2]!.dims) : 0));
}

/** Inputs, weights and output, each once: what must be moved at least. */
export function bytesOf({ inputs, output }: Layer): number {
  return [...inputs, output].reduce((sum, value) => sum + bytesOfValue(value), 0);
}

export function weightBytesOf(layer: Layer): number {
  return weightsOf(layer).reduce((sum, input) => sum + bytesOfValue(layer.inputs[input]), 0);
}

function bytesOfValue(value: LayerValue | undefined): number {
  return value ? elementsOf(value.dims) * arrayOfType[value.type].BYTES_PER_ELEMENT : 0;
}

export function elementsOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Kernel, stride and dilation beyond 1, channels, groups beyond 1, and the input's size: `3×3 /2 64→128 32×32`. */
export function nameOf({ opcode, inputs, output, attributes }: Layer): string {
  if (opcode === 'matmul') return `matmul ${inputs[0]!.dims.join('×')}→${output.dims.at(-1)}`;
  const [, channels, height, width] = inputs[0]!.dims;
  const [kernels, , kernelHeight, kernelWidth] = inputs[1]!.dims;
  const { groups, strides, dilations } = attributes;
  const isSeparable = opcode === 'gdws' || opcode === 'integerGdws';
  const parts = [
    ...(isOfBytes({ opcode }) ? ['int8'] : []),
    ...(isSeparable ? [`gdws g=${Number((kernels! / channels!).toFixed(2))}`] : []),
    `${kernelHeight}×${kernelWidth}`,
    ...(strides[0]! > 1 ? [`/${strides[0]}`] : []),
    ...(dilations[0]! > 1 ? [`dilation ${dilations[0]}`] : []),
    `${channels}→${output.dims[1]}`,
    ...(groups > 1 ? [groups === channels ? 'depthwise' : `groups ${groups}`] : []),
    `${height}×${width}`,
  ];
  return parts.join(' ');
}
