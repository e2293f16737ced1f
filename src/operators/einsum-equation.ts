/** Labels of the axes of each operand, and of the result. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/**
 * Reads the equation of an Einsum over operands of these ranks. The axes of an ellipsis have labels of their own, counted from
 * the last. Without an arrow the result has the ellipsis and then, in order, the letters that occur once.
 *
 * @returns what is wrong with the equation, where it has no meaning
 */
export function parseEquation(equation: string, ranks: readonly number[]): Equation | string {
  const [inputs = '', output, ...rest] = equation.replaceAll(/\s/g, '').split('->');
  if (rest.length > 0) return 'has more than one arrow';
  const terms = inputs.split(',');
  if (terms.length !== ranks.length) return `has ${terms.length} operands, and the node ${ranks.length}`;
  const operands: string[][] = [];
  for (const [index, term] of terms.entries()) {
    const letters = lettersOf(term);
    if (!letters) return `has a term '${term}' that is no list of letters with at most one ellipsis`;
    const ellipsis = term.includes('...');
    const free = ranks[index]! - letters.before.length - letters.after.length;
    if (free < 0 || (free > 0 && !ellipsis)) return `has a term '${term}' for a tensor of rank ${ranks[index]}`;
    operands.push([...letters.before, ...ellipsisLabels(free), ...letters.after]);
  }
  const covered = Math.max(0, ...operands.map((labels) => labels.filter(isOfEllipsis).length));
  const result = output === undefined ? implicitResult(operands, covered) : explicitResult(output, covered);
  if (typeof result === 'string') return result;
  const known = new Set(operands.flat());
  const unknown = result.find((label) => !known.has(label));
  if (unknown !== undefined) return `has a result with the label '${unknown}', which no operand has`;
  if (new Set(result).size !== result.length) return 'has a result that repeats a label';
  return { operands, result };
}

function lettersOf(term: string): { before: string[]; after: string[] } | undefined {
  const match = /^([A-Za-z]*)(?:\.\.\.([A-Za-z]*))?$/.exec(term);
  return match ? { before: [...match[1]!], after: [...(match[2] ?? '')] } : undefined;
}

function ellipsisLabels(count: number): string[] {
  return Array.from({ length: count }, (_, axis) => `...${count - axis}`);
}

function isOfEllipsis(label: string): boolean {
  return label.startsWith('...');
}

function implicitResult(operands: readonly (readonly string[])[], covered: number): string[] {
  const letters = operands.flat().filter((label) => !isOfEllipsis(label));
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label));
  return [...ellipsisLabels(covered), ...once.sort((a, b) => (a < b ? -1 : 1))];
}

function explicitResult(output: string, covered: number): string[] | string {
  const letters = lettersOf(output);
  if (!letters) return `has a result '${output}' that is no list of letters with at most one ellipsis`;
  const ellipsis = output.includes('...') ? ellipsisLabels(covered) : [];
  return [...letters.before, ...ellipsis, ...letters.after];
}
