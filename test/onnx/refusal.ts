import type { GdwsError } from '../../src/base/errors';

/** What `toThrow` expects: a GdwsError with these fields. */
export function refusal(fields: Partial<GdwsError>): Error {
  return expect.objectContaining({ name: 'GdwsError', ...fields }) as Error;
}
