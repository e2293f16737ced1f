/** The sum of numbers; of outcomes, how many are 1. */
export function sum(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < numbers.length; ++index) total += numbers[index]!;
  return total;
}
