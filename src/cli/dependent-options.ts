/**
 * The first option that was given, if any: for options that depend on another one.
 *
 * @param options their values by name
 */
export function firstGiven(options: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(options).find((name) => options[name] !== undefined);
}
