import { GdwsError } from '../base/errors';
import { denseWeights, gdwsWeights } from '../gdws/cost';
import { plan, type RankedLayer } from './plan';

/**
 * The smallest β with which LEGO in every layer leaves at most a share of the multiply-accumulates.
 *
 * @param macs of the dense network
 * @throws {GdwsError} BUDGET_OUT_OF_RANGE where every β leaves more
 */
export function betaWithin(layers: readonly RankedLayer[], macs: number, share: number): number {
  // Only these can be the smallest: elsewhere, the multiply-accumulates do not change with β.
  const betas = [...new Set([0, ...layers.flatMap(({ ranking }) => [...ranking.errors])])].sort((a, b) => a - b);
  const left = (beta: number): number => {
    const { chosen } = plan(layers, { kind: 'beta', value: beta }, { params: 0 });
    return layers.reduce((sum, { layer: { shape, pixels = 0 } }, index) => {
      const steps = chosen[index]!;
      return steps === 'dense' ? sum : sum - pixels * (denseWeights(shape) - gdwsWeights(shape, steps * shape.groups));
    }, macs);
  };
  const fits = (index: number) => left(betas[index]!) <= share * macs;
  let [tooSmall, enough] = [-1, betas.length - 1];
  if (!fits(enough)) {
    throw new GdwsError('BUDGET_OUT_OF_RANGE', `no β leaves only ${share} of the macs.`, {
      remedy: `The least achievable is ${Math.ceil((left(betas[enough]!) / macs) * 1e4) / 1e4}.`,
    });
  }
  while (enough - tooSmall > 1) {
    const middle = (enough + tooSmall) >> 1;
    if (fits(middle)) enough = middle;
    else tooSmall = middle;
  }
  return betas[enough]!;
}
