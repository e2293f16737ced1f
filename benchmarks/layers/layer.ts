import type { Attributes, OpcodeName, ProgramOperation } from '../../src/program/operation';

/** Operations that are layers here. */
const layerOpcodes = ['convolution', 'gdws', 'matmul'] as const satisfies readonly OpcodeName[];

type LayerOpcode = (typeof layerOpcodes)[number];

interface LayerOf<Opcode extends LayerOpcode> {
  readonly opcode: Opcode;
  /** Dims of x, the weights (two tensors for gdws, one for the others), bias and residual; `undefined` where absent. */
  readonly inputs: readonly (readonly number[] | undefined)[];
  readonly output: readonly number[];
  readonly attributes: Attributes<Opcode>;
}

/** One operation of a program, apart from its weights; docs/architecture.md says what each has. */
export type Layer = { [Opcode in LayerOpcode]: LayerOf<Opcode> }[LayerOpcode];

export function isLayer(operation: ProgramOperation): operation is Extract<ProgramOperation, { opcode: LayerOpcode }> {
  return layerOpcodes.some((opcode) => opcode === operation.opcode);
}

/** Which of a layer's inputs are weights: all but x and the residual. */
export function weightsOf({ opcode }: Pick<Layer, 'opcode'>): readonly number[] {
  return opcode === 'gdws' ? [1, 2, 3] : [1, 2];
}

/** Two for each multiply-add of the definition: of direct convolution, whatever way a kernel takes. */
export function operationsOf({ opcode, inputs, output, attributes }: Layer): number {
  if (opcode === 'matmul') return 2 * elementsOf(output) * inputs[0]!.at(attributes.transposeA ? -2 : -1)!;
  const pixels = output[0]! * output[2]! * output[3]!;
  if (opcode === 'convolution') return 2 * pixels * elementsOf(inputs[1]);
  return 2 * pixels * (elementsOf(inputs[1]) + elementsOf(inputs[2]));
}

/** Inputs, weights and output, each once: what must be moved at least. */
export function bytesOf({ inputs, output }: Layer): number {
  return 4 * [...inputs, output].reduce((sum, dims) => sum + elementsOf(dims), 0);
}

export function weightBytesOf(layer: Layer): number {
  return 4 * weightsOf(layer).reduce((sum, input) => sum + elementsOf(layer.inputs[input]), 0);
}

export function elementsOf(dims: readonly number[] | undefined): number {
  return dims ? dims.reduce((product, dim) => product * dim, 1) : 0;
}

/** Kernel, stride and dilation beyond 1, channels, groups beyond 1, and the input's size: `3×3 /2 64→128 32×32`. */
export function nameOf({ opcode, inputs, output, attributes }: Layer): string {
  if (opcode === 'matmul') return `matmul ${inputs[0]!.join('×')}→${output.at(-1)}`;
  const [, channels, height, width] = inputs[0]!;
  const [, , kernelHeight, kernelWidth] = inputs[1]!;
  const { groups, strides, dilations } = attributes;
  const parts = [
    ...(opcode === 'gdws' ? [`gdws g=${Number((inputs[1]![0]! / channels!).toFixed(2))}`] : []),
    `${kernelHeight}×${kernelWidth}`,
    ...(strides[0]! > 1 ? [`/${strides[0]}`] : []),
    ...(dilations[0]! > 1 ? [`dilation ${dilations[0]}`] : []),
    `${channels}→${output[1]}`,
    ...(groups > 1 ? [groups === channels ? 'depthwise' : `groups ${groups}`] : []),
    `${height}×${width}`,
  ];
  return parts.join(' ');
}
