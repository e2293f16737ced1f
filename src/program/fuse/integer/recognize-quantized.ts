import type { BuiltProgram } from '../../built-program';
import type { ConstantPool } from '../../constant-pool';
import type { ProgramRewriter } from '../../program-rewriter';
import { fuseBias } from '../fuse-additions';
import { byteTable } from './byte-tables';
import { commuteDequantize } from './commute-dequantize';
import { foldDequantize } from './fold-dequantize';
import { integerAverage } from './integer-average';
import { fuseIntegerAddition, integerBinary } from './integer-binary';
import { integerGdws } from './integer-gdws';
import { byteProduct, floatProduct } from './integer-products';
import { moveConstants } from './moved-constants';
import { QuantizedProgram } from './quantization';
import { quantizeBeforeMoving } from './quantize-before-moving';

/**
 * Turns float operations between dequantization and quantization into operations on bytes, in which the network stays from
 * one to the next. What has no such form stays in floats.
 */
export function recognizeQuantized(
  built: BuiltProgram,
  pool: ConstantPool,
  rewriter: ProgramRewriter,
  separable: boolean,
): void {
  if (!dequantizes(built)) return;
  const quantized = new QuantizedProgram(built, pool, rewriter);
  rewriter.apply(moveConstants(quantized));
  rewriter.apply(fuseBias);
  rewriter.apply(quantizeBeforeMoving(quantized));
  rewriter.apply(commuteDequantize(quantized));
  rewriter.apply(integerBinary(quantized));
  rewriter.apply(byteTable(quantized));
  rewriter.apply(byteProduct(quantized));
  rewriter.apply(floatProduct(quantized));
  rewriter.apply(integerAverage(quantized));
  rewriter.removeUnused();
  rewriter.apply(fuseIntegerAddition);
  if (separable) rewriter.apply(integerGdws(quantized));
  rewriter.apply(foldDequantize(quantized));
}

/** Turns dequantized constants into constants of floats, and leaves a network in floats between its roundings. */
export function dequantizeConstants(built: BuiltProgram, pool: ConstantPool, rewriter: ProgramRewriter): void {
  if (!dequantizes(built)) return;
  const quantized = new QuantizedProgram(built, pool, rewriter);
  rewriter.apply(moveConstants(quantized));
  rewriter.apply(foldDequantize(quantized));
}

function dequantizes({ program }: BuiltProgram): boolean {
  return program.operations.some(({ opcode }) => opcode === 'dequantize');
}
