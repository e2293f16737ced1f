import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../options';

/**
 * Whether a request may be answered that needs no token: web pages of others can send requests to this machine through the browser of
 * somebody who works on it. They come with an `Origin` of elsewhere, or by a name of elsewhere that leads here.
 */
export function isOfSameSite({ host, origin }: IncomingHttpHeaders): boolean {
  if (origin === undefined && host !== undefined && host === lastLoopback) return true;
  if (host === undefined) return origin === undefined;
  const asked = urlOf(`http://${host}`);
  if (asked === undefined || !isLoopback(asked.hostname.replace(/^\[|\]$/g, ''))) return false;
  lastLoopback = host;
  return origin === undefined || urlOf(origin)?.host === asked.host;
}

/** A host header that names this machine: most requests have the same. */
let lastLoopback: string | undefined;

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
