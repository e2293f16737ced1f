/** The most rows of a run. */
export const mostRows = 65_536;

/** The longest that a run may wait for others, in milliseconds. */
export const longestDelay = 10_000;
