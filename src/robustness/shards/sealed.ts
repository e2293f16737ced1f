import { createHash } from 'node:crypto';

/** Plain data as one line of JSON, with the SHA-256 of their own JSON. */
export function sealed(content: unknown): string {
  return `${JSON.stringify({ sha256: digestOf(content), content })}\n`;
}

/** The data in such a text; `undefined` where it is another one, or was changed or cut. */
export function unsealed(text: string): unknown {
  let parsed: { sha256?: unknown; content?: unknown } | null;
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    return undefined;
  }
  const content = parsed?.content;
  return content !== undefined && parsed?.sha256 === digestOf(content) ? content : undefined;
}

function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
