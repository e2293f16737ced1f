import { intAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount } from '../onnx/value';

/** How the weights of a linear layer, in row-major order, belong to its output channels. */
export interface OutputChannels {
  readonly count: number;
  /** Weights that follow each other and belong to one channel. */
  readonly run: number;
  /** The channel of the run at a position among the runs. */
  readonly of: (run: number) => number;
}

/** The output channels of a Conv, ConvTranspose or Gemm; `undefined` for other nodes and for weights that do not fit. */
export function outputChannels(node: NodeProto, dims: readonly number[]): OutputChannels | undefined {
  if (!isStandardDomain(node.domain)) return undefined;
  const [rows = 0, columns = 0] = dims;
  switch (node.opType) {
    case 'Conv':
      return dims.length < 3 ? undefined : { count: rows, run: elementCount(dims.slice(1)), of: (run) => run };
    case 'ConvTranspose': {
      // (C, M / groups, ...kernel): the input channel says which group.
      const groups = intAttribute(node, 'group', 1);
      const inputsPerGroup = rows / groups;
      if (dims.length < 3 || groups < 1 || !Number.isInteger(inputsPerGroup)) return undefined;
      return {
        count: groups * columns,
        run: elementCount(dims.slice(2)),
        of: (run) => Math.floor(run / columns / inputsPerGroup) * columns + (run % columns),
      };
    }
    case 'Gemm': {
      if (dims.length !== 2) return undefined;
      return intAttribute(node, 'transB', 0)
        ? { count: rows, run: columns, of: (run) => run }
        : { count: columns, run: 1, of: (run) => run % columns };
    }
    default:
      return undefined;
  }
}
