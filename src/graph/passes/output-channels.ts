import { intAttribute } from '../../onnx/attribute';
import { isStandardDomain } from '../../onnx/domain';
import type { NodeProto } from '../../onnx/onnx_pb';
import { elementCount } from '../value';

/** How the weights of a linear layer belong to its output channels. */
export interface OutputChannels {
  readonly count: number;
  /** The channel of the weight at a row-major position. */
  readonly of: (at: number) => number;
}

/** The output channels of a Conv, ConvTranspose or Gemm; `undefined` for other nodes and for weights that do not fit. */
export function outputChannels(node: NodeProto, dims: readonly number[]): OutputChannels | undefined {
  if (!isStandardDomain(node.domain)) return undefined;
  const [rows = 0, columns = 0] = dims;
  switch (node.opType) {
    case 'Conv': {
      const each = elementCount(dims.slice(1));
      return dims.length < 3 ? undefined : { count: rows, of: (at) => Math.floor(at / each) };
    }
    case 'ConvTranspose': {
      // (C, M / groups, ...kernel): the input channel says which group.
      const groups = intAttribute(node, 'group', 1);
      const area = elementCount(dims.slice(2));
      const inputsPerGroup = rows / groups;
      if (dims.length < 3 || groups < 1 || !Number.isInteger(inputsPerGroup)) return undefined;
      return {
        count: groups * columns,
        of: (at) => {
          const row = Math.floor(at / area);
          return Math.floor(row / columns / inputsPerGroup) * columns + (row % columns);
        },
      };
    }
    case 'Gemm': {
      if (dims.length !== 2) return undefined;
      return intAttribute(node, 'transB', 0)
        ? { count: rows, of: (at) => Math.floor(at / columns) }
        : { count: columns, of: (at) => at % columns };
    }
    default:
      return undefined;
  }
}
