/** The longest time of a timer of Node, in milliseconds: 24 days. Beyond it, timers fire at once. */
export const longestTimer = 2 ** 31 - 1;
