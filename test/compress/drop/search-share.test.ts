import fc from 'fast-check';
import { leastShare } from '../../../src/compress/drop/search-share';

const inHundredths = (share: number) => Math.round(share * 100);

test('finds the least share of a threshold, and asks for none twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 100 }), async (threshold) => {
      const asked: number[] = [];
      const found = await leastShare((share) => {
        asked.push(inHundredths(share));
        return Promise.resolve(inHundredths(share) >= threshold);
      });
      expect(inHundredths(found)).toBe(threshold);
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked).not.toContain(100);
      expect(asked.length).toBeLessThanOrEqual(9);
    }),
  );
});

test('goes on below a share that fails by chance', async () => {
  const fits = (hundredths: number) => hundredths >= 40 && hundredths !== 42 && hundredths !== 44;
  // Bisection asks 50, 25, 37, 43, 40: it ends at 40, or above a gap, from where it walks down.
  const found = await leastShare((share) => Promise.resolve(fits(inHundredths(share))));
  expect(inHundredths(found)).toBe(40);
  const gap = (hundredths: number) => hundredths >= 38 && hundredths !== 43;
  expect(inHundredths(await leastShare((share) => Promise.resolve(gap(inHundredths(share)))))).toBeLessThanOrEqual(44);
  const walked = (hundredths: number) => hundredths >= 50 || hundredths === 48;
  expect(inHundredths(await leastShare((share) => Promise.resolve(walked(inHundredths(share)))))).toBe(48);
});

test('where nothing is good enough the whole budget is kept', async () => {
  expect(await leastShare(() => Promise.resolve(false))).toBe(1);
});
