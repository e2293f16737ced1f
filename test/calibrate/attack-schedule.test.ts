import { continuedAttack, wholeAttack } from '../../src/calibrate/attack-schedule';

test('PGD has ten steps from the start, and goes on with three of the same length', () => {
  const pgd = { attack: 'pgd', norm: 'linf', eps: '8/255' } as const;
  expect(wholeAttack(pgd)).toEqual({ ...pgd, steps: 10 });
  expect(continuedAttack(pgd, 3072)).toEqual({ ...pgd, steps: 3, stepSize: 2 / 255 });
});

test('what is given of PGD stays', () => {
  const pgd = { attack: 'pgd', norm: 'l2', eps: 0.5, steps: 40, stepSize: 0.1, loss: 'dlr' } as const;
  expect(wholeAttack(pgd)).toEqual(pgd);
  expect(continuedAttack(pgd, 3072)).toEqual({ ...pgd, steps: 12 });
});

test('steps in l1 and without a bound keep their own length', () => {
  for (const pgd of [
    { attack: 'pgd', norm: 'l1', eps: 12 } as const,
    { attack: 'pgd', norm: 'linf', eps: 0 } as const,
  ]) {
    expect(continuedAttack(pgd, 3072)).toEqual({ ...pgd, steps: 3, stepSize: undefined });
  }
});

test('other attacks start anew', () => {
  const apgd = { attack: 'apgd', norm: 'linf', eps: 0.1 } as const;
  expect([wholeAttack(apgd), continuedAttack(apgd, 3072)]).toEqual([apgd, apgd]);
});
