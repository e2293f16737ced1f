import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs/promises';
import { GdwsError } from '../base/errors';

/** A client, and the SHA-256 of its token. */
export interface TokenEntry {
  readonly client: string;
  readonly hash: Buffer;
}

/** A new token, and its line for the file of tokens. */
export interface NewToken {
  readonly token: string;
  readonly line: string;
}

/**
 * Makes a token of 256 random bits. The file has its SHA-256 alone: of so many random bits, no slow hash is needed.
 *
 * @param client its name in logs
 * @throws GdwsError ARGUMENT_INVALID for a name with other characters
 */
export function newToken(client: string): NewToken {
  if (!namePattern.test(client)) {
    throw new GdwsError('ARGUMENT_INVALID', `'${client}' is no name of a client.`, {
      remedy: 'Names are 1 to 64 letters, digits, dots, hyphens and underscores.',
    });
  }
  const token = randomBytes(32).toString('base64url');
  return { token, line: `sha256:${hashOf(token).toString('hex')} ${client}` };
}

const namePattern = /^[\w.-]{1,64}$/;
const linePattern = /^sha256:([0-9a-f]{64}) ([\w.-]{1,64})$/;

/**
 * Reads a file of tokens: a line `sha256:<hex> <client>` for each; empty lines and those that begin with # do not count.
 *
 * @throws GdwsError CONFIG_INVALID
 */
export async function readTokens(file: string): Promise<TokenEntry[]> {
  const text = await fs.readFile(file, 'utf8').catch((cause: Error) => {
    throw new GdwsError('CONFIG_INVALID', 'the file of tokens cannot be read.', { file, cause });
  });
  const lines = text.split(/\r?\n/).map((line, at) => ({ line: line.trim(), number: at + 1 }));
  const entries = lines
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }): TokenEntry => {
      const [, hash, client] = linePattern.exec(line) ?? [];
      if (hash !== undefined) return { client: client!, hash: Buffer.from(hash, 'hex') };
      throw new GdwsError('CONFIG_INVALID', `line ${number} is no hash of a token.`, {
        file,
        remedy: 'gdws serve --new-token <client> makes a token and its line.',
      });
    });
  if (entries.length > 0) return entries;
  throw new GdwsError('CONFIG_INVALID', 'the file has no tokens.', {
    file,
    remedy: 'gdws serve --new-token <client> makes a token and its line.',
  });
}

/** The client whose token it is; undefined where it is nobody's. Takes as long whichever it is. */
export function clientOf(token: string, entries: readonly TokenEntry[]): string | undefined {
  const hash = hashOf(token);
  let client: string | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) client = entry.client;
  return client;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
