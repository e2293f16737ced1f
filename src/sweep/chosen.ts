import type { SweptNetwork } from './report';

/** Default of the accuracy that the chosen network may lose: one point. */
export const defaultWithin = 0.01;

/**
 * The place of the fastest network that classifies at least as many images right as the dense one, less a share `within` of them.
 * Of equally fast ones it is the first.
 *
 * @param networks the dense one first
 */
export function chosenOf(networks: readonly Pick<SweptNetwork, 'natural' | 'milliseconds'>[], within: number): number {
  const { successes, trials } = networks[0]!.natural;
  // Shares such as 0.01 are not exact: a whole number of images must not fail for that.
  const least = successes - within * trials - 1e-6;
  return networks.reduce((best, { natural, milliseconds }, index) => {
    return natural.successes >= least && milliseconds < networks[best]!.milliseconds ? index : best;
  }, 0);
}
