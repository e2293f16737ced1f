/** A count with three digits and an SI prefix: `41.5 M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  const scaled = count / 1000 ** power;
  // 999.95 k would be printed as 1000 k.
  return Number(scaled.toPrecision(3)) === 1000 && power < 4
    ? `1.00 ${' kMGT'[power + 1]}`
    : `${scaled.toPrecision(3)} ${' kMGT'[power]}`;
}

/** A size in bytes: `727 kB`. */
export function formatBytes(bytes: number): string {
  const text = formatCount(bytes);
  return text.includes(' ') ? `${text}B` : `${text} B`;
}

/** A share in percent: `35.0 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A time with three digits: `1.25 ms`. */
export function formatTime(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toPrecision(3)} s`;
  if (milliseconds >= 1) return `${milliseconds.toPrecision(3)} ms`;
  return `${(milliseconds * 1000).toPrecision(3)} µs`;
}

/** A shape: `1×3×224×224`; a free dim is its name, or `?`. */
export function formatShape(dims: readonly (number | string | null | undefined)[] | undefined): string {
  if (!dims) return 'unknown';
  return dims.length === 0 ? 'scalar' : dims.map((dim) => dim ?? '?').join('×');
}

/** A number with four digits at most, without trailing zeros. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
