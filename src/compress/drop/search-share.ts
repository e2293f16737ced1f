/** Step of the shares of a budget that are tried. */
export const resolution = 0.01;

/** Number of smaller shares to try after the bisection, since accuracy is not monotonic in the budget. */
const patience = 2;

/**
 * The least share of a budget, in hundredths, whose network is good enough: by bisection, then downwards until some in a row
 * fail. The whole budget counts as good enough and is not tried.
 *
 * @param isGoodEnough called once for each share; false for a share that no network meets
 */
export async function leastShare(isGoodEnough: (share: number) => Promise<boolean>): Promise<number> {
  const steps = Math.round(1 / resolution);
  const answers = new Map<number, boolean>();
  const fits = async (step: number): Promise<boolean> => {
    const answer = answers.get(step) ?? (await isGoodEnough(step / steps));
    answers.set(step, answer);
    return answer;
  };
  let [tooFew, enough] = [0, steps];
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >> 1;
    if (await fits(middle)) enough = middle;
    else tooFew = middle;
  }
  // `enough - 1` is known to fail.
  for (let below = enough - 2; below > 0 && below >= enough - 1 - patience; --below) {
    if (await fits(below)) enough = below;
  }
  return enough / steps;
}
