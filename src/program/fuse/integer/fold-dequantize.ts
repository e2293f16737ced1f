import type { Pattern } from '../../program-rewriter';
import type { QuantizedProgram } from './quantization';

/** Operations that read dequantized constants which no integer operation took read them as floats. */
export function foldDequantize(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    const inputs = operation.inputs.map((id) => {
      const before = rewriter.producerOf(id);
      if (before?.opcode !== 'dequantize') return id;
      const constant = quantized.constantOf(before.inputs[0]);
      const scale = quantized.constantOf(before.inputs[1]);
      if (!constant || !scale || !quantized.quantizationOf(before)) return id;
      const { dims } = rewriter.valueOf(id!);
      const of = before.inputs.flatMap((one) => quantized.constantOf(one) ?? []);
      return quantized.derived(`dequantized ${dims.join()} ${before.attributes.axis}`, of, () => ({
        type: 'float32',
        dims,
        data: quantized.dequantizedConstant(before)!,
      }));
    });
    if (inputs.every((id, i) => id === operation.inputs[i])) return;
    rewriter.replace(operation, { ...operation, inputs });
  };
}
