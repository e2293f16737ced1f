import { elementCount, sameDims } from '../../../onnx/value';
import { operationOf, placeOfInput, type Operation, type ProgramOperation } from '../../operation';
import type { ProgramValue } from '../../program';
import type { Pattern } from '../../program-rewriter';
import { isScale, limitedQuantization, type QuantizedProgram } from './quantization';

/** A sum, a difference or a product of dequantized bytes that is quantized again, as one of bytes. One may be constant. */
export function integerBinary(quantized: QuantizedProgram): Pattern {
  return (operation, rewriter) => {
    const limited = limitedQuantization(operation, quantized, rewriter);
    if (!limited) return;
    const { y, before, least, most, limiting } = limited;
    if (before.opcode !== 'binary' || before.attributes.activation.name !== 'none') return;
    const { function: name } = before.attributes;
    if (name !== 'add' && name !== 'sub' && name !== 'mul') return;
    const [a, b] = before.inputs.map((id) => quantized.operandOf(id));
    if (!a || !b || [a, b].some(({ bytes }) => isOneConstant(rewriter.valueOf(bytes)))) return;
    const isProduct = name === 'mul';
    const aScale = Math.fround(isProduct ? (a.scale * b.scale) / y.scale : a.scale / y.scale);
    const bScale = Math.fround(isProduct ? 0 : b.scale / y.scale);
    if (!isScale(aScale) || !(isProduct || isScale(bScale))) return;
    const by = operationOf('integerBinary', [a.bytes, b.bytes], operation.outputs, before.origin, {
      function: isProduct ? 'mul' : 'add',
      aZeroPoint: a.zeroPoint,
      bZeroPoint: b.zeroPoint,
      zeroPoint: y.zeroPoint,
      least,
      most,
      aScale,
      bScale: name === 'sub' ? -bScale : bScale,
    });
    rewriter.replace(operation, by, [...limiting, before]);
  };
}

/** With one number, a result is a function of one byte: a table, which is rounded once. */
function isOneConstant({ storage, dims }: ProgramValue): boolean {
  return storage === 'constant' && elementCount(dims) === 1;
}

const scalePlace = placeOfInput('integerConvolution', 'scale');
const residualPlace = placeOfInput('integerConvolution', 'residual');

/** A sum of bytes becomes part of the convolution that one of them comes from, which still limits its own bytes first. */
export const fuseIntegerAddition: Pattern = (addition, rewriter) => {
  if (addition.opcode !== 'integerBinary' || addition.attributes.function !== 'add') return;
  const [a, b] = addition.inputs as [number, number];
  const { aZeroPoint, bZeroPoint, aScale, bScale, zeroPoint, least, most } = addition.attributes;
  const sides = [
    {
      own: a,
      ownZeroPoint: aZeroPoint,
      other: b,
      sumScale: aScale,
      residualScale: bScale,
      residualZeroPoint: bZeroPoint,
    },
    {
      own: b,
      ownZeroPoint: bZeroPoint,
      other: a,
      sumScale: bScale,
      residualScale: aScale,
      residualZeroPoint: aZeroPoint,
    },
  ].flatMap((side) => {
    const before = rewriter.soleProducerOf(side.own);
    if (before?.opcode !== 'integerConvolution' || !canAdd(before)) return [];
    // The sum must take the bytes with the zero point that the convolution gives them.
    return before.attributes.zeroPoint === side.ownZeroPoint ? [{ ...side, before }] : [];
  });
  const dims = rewriter.valueOf(addition.outputs[0]!).dims;
  // The later of two convolutions takes the residual, which is the other's result.
  sides.sort((one, two) => rewriter.placeOf(two.before) - rewriter.placeOf(one.before));
  for (const { own, other, before, sumScale, residualScale, residualZeroPoint } of sides) {
    if (![own, other].every((id) => sameDims(rewriter.valueOf(id).dims, dims))) continue;
    const inputs = Array.from({ length: residualPlace + 1 }, (_, i) =>
      i === residualPlace ? other : before.inputs[i],
    );
    const inner = before.attributes;
    const by: ProgramOperation = {
      ...before,
      inputs,
      outputs: addition.outputs,
      attributes: {
        ...inner,
        zeroPoint,
        least,
        most,
        residualZeroPoint,
        innerLeast: inner.least - inner.zeroPoint,
        innerMost: inner.most - inner.zeroPoint,
        sumsBytes: true,
        sumScale,
        residualScale,
      },
    };
    rewriter.replace(addition, by, [before]);
    return;
  }
};

function canAdd({ inputs }: Operation<'integerConvolution'>): boolean {
  return inputs[scalePlace] !== undefined && inputs[residualPlace] === undefined;
}
