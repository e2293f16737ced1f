import type { ValueId } from '../program/operation';
import { product } from './product';
import type { Rule } from './rule';
import { perImageFactor } from './weights';

/** y = alpha·a·b + bias + residual; the gradient of each factor is a product with the other. */
export const matmul: Rule<'matmul'> = (tape, operation, gradient) => {
  const [a, b, bias, residual] = operation.inputs as [ValueId, ValueId, ValueId?, ValueId?];
  const { transposeA, transposeB, alpha } = operation.attributes;
  tape.add(a, () => {
    const other = tape.use(b);
    const whole = transposeA
      ? product(tape, other, gradient, { transposeA: transposeB, transposeB: true, alpha })
      : product(tape, gradient, other, { transposeB: !transposeB, alpha });
    return tape.sumTo(whole, tape.dims(a));
  });
  tape.add(b, () => {
    if (tape.formOf(b) === 'perImage') return perImageFactor(tape, operation, gradient);
    const other = tape.use(a);
    const whole = transposeB
      ? product(tape, gradient, other, { transposeA: true, transposeB: transposeA, alpha })
      : product(tape, other, gradient, { transposeA: !transposeA, alpha });
    return tape.sumTo(whole, tape.dims(b));
  });
  tape.add(bias, () => tape.sumTo(gradient, tape.dims(bias!)));
  tape.add(residual, () => tape.sumTo(gradient, tape.dims(residual!)));
};
