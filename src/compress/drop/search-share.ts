/** Shares of a budget are tried in steps of this. */
export const resolution = 0.01;

/** Shares below the least that fits that are tried all the same, since accuracy does not only fall with the budget. */
const patience = 2;

/**
 * The least share of a budget, in hundredths, of which the network is good enough: by bisection, and then from there on
 * downwards until some in a row are not. The whole budget counts as good enough and is not tried.
 *
 * @param isGoodEnough asked once for each share; false for one that no network has
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
  // The next one is known to be too few.
  for (let below = enough - 2; below > 0 && below >= enough - 1 - patience; --below) {
    if (await fits(below)) enough = below;
  }
  return enough / steps;
}
