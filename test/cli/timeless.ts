/** The JSON of an evaluation without its times, the only lines in which two runs differ. */
export function timeless(document: string): string {
  const lines = document.split('\n');
  const kept = lines.filter((line) => !/^ *"(seconds|imagesPerSecond)": [\d.e+-]+,?$/.test(line));
  if (kept.length === lines.length) throw new Error(`this is no evaluation: ${document.slice(0, 200)}`);
  return kept.join('\n');
}
