import type { Case } from '../case';

/** `count` random cases. */
export function repeat(count: number, make: () => Case): Case[] {
  return Array.from({ length: count }, make);
}
