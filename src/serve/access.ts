import { grpcStatus, ProtocolError } from './failure';
import type { RateLimit } from './rate-limit';
import { clientOf, type TokenEntry } from './tokens';

/** What is known of who sends a request. */
export interface Caller {
  /** The header `authorization`. */
  readonly authorization: string | undefined;
  /** Whether a certificate of the client was verified. */
  readonly isCertified: boolean;
  readonly address: string;
}

/** Who may send requests, and how many. */
export class Access {
  constructor(
    /** Tokens of clients; undefined where none is needed. */
    private readonly tokens: readonly TokenEntry[] | undefined,
    private readonly needsCertificate: boolean,
    private readonly limit: RateLimit | undefined,
  ) {}

  /** The name of the caller. @throws ProtocolError 401, 429 */
  admit({ authorization, isCertified, address }: Caller): string {
    if (this.needsCertificate && !isCertified) throw unauthenticated('a certificate of the client is needed.');
    const client = this.tokens && clientOf(tokenIn(authorization), this.tokens);
    if (this.tokens && client === undefined) throw unauthenticated('a valid bearer token is needed.');
    if (this.limit && !this.limit.admits(client ?? address)) {
      throw new ProtocolError(
        429,
        grpcStatus.resourceExhausted,
        'too many requests of this client; send it again in a second.',
      );
    }
    return client ?? address;
  }
}

function tokenIn(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

function unauthenticated(message: string): ProtocolError {
  return new ProtocolError(401, grpcStatus.unauthenticated, message);
}
