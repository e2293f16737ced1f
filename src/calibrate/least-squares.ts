import { GdwsError, type ErrorCode, type ErrorDetails } from '../errors';
import { native } from '../native';

/** Second moments of features f and outputs y. */
export interface Regression {
  readonly features: number;
  readonly outputs: number;
  /** (features, features): E[f fᵀ], symmetric and positive semidefinite; may be singular. */
  readonly gram: Float64Array;
  /** (outputs, features): E[y fᵀ]. */
  readonly cross: Float64Array;
}

/**
 * The weights P (outputs × features) that minimise E‖y - P f‖² + λ‖P‖²: the pointwise refit (DESIGN: "Beyond the paper",
 * steps 3 and 4). Off the JavaScript thread, in C++ over `threads` threads; the matrices are copied.
 *
 * Features that are always 0 have weight 0.
 *
 * @param ridge λ over the mean energy of the features that are not always 0. It grows, to at most 0.01, where E[f fᵀ] is
 *   singular with it still
 * @param place what an error names
 * @throws {GdwsError} ARGUMENT_INVALID where a matrix has another size, is not finite, not symmetric or clearly indefinite;
 *   OUT_OF_MEMORY
 */
export async function leastSquares(
  { gram, cross, features, outputs }: Regression,
  ridge: number,
  threads: number,
  place: ErrorDetails = {},
): Promise<Float64Array> {
  try {
    return await native.leastSquares(gram, cross, features, outputs, ridge, threads);
  } catch (cause) {
    const { code = 'INTERNAL', message } = cause as { code?: ErrorCode; message: string };
    throw new GdwsError(code, `${message}.`, { ...place, cause });
  }
}
