import { GdwsError } from '../base/errors';

/**
 * Refuses options that depend on another one, which was not given.
 *
 * @param needed the other one, for example '--attack'
 * @param given options by name with their values, if any
 * @throws GdwsError ARGUMENT_INVALID, naming the first that was given
 */
export function refuseWithout(needed: string, given: Readonly<Record<string, unknown>>, remedy: string): void {
  const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new GdwsError('ARGUMENT_INVALID', `${name} belongs to ${needed}, which is not given.`, { remedy });
}
