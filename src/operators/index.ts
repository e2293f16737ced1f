import type { Operator } from './operator';

/** Every operator that gdws knows, by domain and name. */
export const operatorTable: ReadonlyMap<string, Operator> = new Map();

/** The operator of a node; `undefined` where gdws does not know it. */
export function operatorOf(domain: string, opType: string): Operator | undefined {
  return operatorTable.get(domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`);
}
