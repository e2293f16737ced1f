import type { ColorName } from '../../html/palette';
import type { Box, Drawing, Where } from '../drawing';

/** What the places where an operation may be carried out are called, and their colours. */
export const places: Readonly<Record<Where, { readonly name: string; readonly color: ColorName }>> = {
  floats: { name: 'in floats', color: 'teal' },
  integers: { name: 'in integers', color: 'violet' },
  javascript: { name: 'in JavaScript, between programs', color: 'orange' },
  nowhere: { name: 'no work', color: 'grey' },
  unsupported: { name: 'not by this engine', color: 'red' },
  unknown: { name: 'not run', color: 'blue' },
};

const conversions = new Set(['QuantizeLinear', 'DequantizeLinear']);

/** The operators of a box, each once, in order: `Conv + Relu`; conversions of quantized networks only where there is nothing else. */
export function titleOf({ nodes }: Box): string {
  const operators = [...new Set(nodes.map(({ operator }) => operator))];
  const computing = operators.filter((operator) => !conversions.has(operator));
  return (computing.length > 0 ? computing : operators).join(' + ');
}

/** Share of the time of all operations; absent where the network was not run. */
export function shareOf({ measured }: Drawing, milliseconds: number | undefined): number | undefined {
  const total = measured?.ofOperations ?? 0;
  return milliseconds === undefined || total === 0 ? undefined : milliseconds / total;
}
