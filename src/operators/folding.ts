import type { Constant } from '../onnx/value';
import type { OperatorCall } from './operator';

/** Elements that a folded output may have where its inputs have fewer: enough for shapes, grids and tables. */
const growthLimit = 1 << 18;

/** Whether a result of `count` elements is small enough to fold, regardless of its inputs. */
export function isSmall(count: number): boolean {
  return count <= growthLimit;
}

/**
 * The constants of a node whose inputs are all known, or `undefined`. A node that would expand small constants to a large tensor
 * (`count` elements) is computed in the run, so that neither model nor session stores it.
 */
export function foldable(call: OperatorCall, count: number): (Constant | undefined)[] | undefined {
  if (call.inputs.some((input) => input && !input.constant)) return undefined;
  const constants = call.inputs.map((input) => input?.constant);
  const known = constants.reduce((sum, constant) => sum + (constant?.data.length ?? 0), 0);
  return count <= Math.max(growthLimit, known) ? constants : undefined;
}
