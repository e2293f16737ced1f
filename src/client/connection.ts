import { setTimeout as wait } from 'node:timers/promises';
import { GdwsError } from '../base/errors';
import type { ClientOptions, RequestOptions } from './options';
import { ServerError } from './server-error';

/** What is sent to a server. */
export interface Sent {
  readonly method: 'GET' | 'POST';
  /** From the address of the server on, with a slash. */
  readonly path: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, read to its end. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Sends requests, again where the server is busy. Connections are kept by Node's fetch. */
export class Connection {
  constructor(
    private readonly address: string,
    private readonly options: ClientOptions,
  ) {}

  /**
   * @param accepted statuses that are no errors
   * @throws ServerError
   * @throws GdwsError SERVER_UNREACHABLE, DEADLINE_EXCEEDED, ABORTED
   */
  async send(sent: Sent, options: RequestOptions, accepted: readonly number[] = [200]): Promise<Received> {
    const { timeout = 60_000, retries = 3, longestWait = 10_000 } = this.options;
    const deadline = AbortSignal.timeout(options.timeout ?? timeout);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    for (let left = retries; ; left--) {
      const received = await this.once(sent, signal).catch((cause: unknown) => {
        throw failureOf(cause, options.signal, deadline);
      });
      if (accepted.includes(received.status)) return received;
      const error = errorOf(received);
      if (received.status !== 503 || left === 0) throw error;
      // Others wait too: not all should come back at the same moment.
      const seconds = error.retryAfter ?? 0.1 * 2 ** (retries - left);
      const milliseconds = Math.min(longestWait, 1000 * seconds * (1 + Math.random() / 4));
      await wait(milliseconds, undefined, { signal }).catch((cause: unknown) => {
        // What the server said says more than that the time is over.
        throw options.signal?.aborted ? failureOf(cause, options.signal, deadline) : error;
      });
    }
  }

  private async once({ method, path, body, headers }: Sent, signal: AbortSignal): Promise<Received> {
    const { token, headers: own } = this.options;
    const answer = await fetch(this.address + path, {
      method,
      signal,
      body,
      // A token is for this server, and no other that it names.
      redirect: 'error',
      headers: { ...own, ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    });
    return { status: answer.status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) };
  }
}

function failureOf(cause: unknown, given: AbortSignal | undefined, deadline: AbortSignal): GdwsError {
  if (given?.aborted) return new GdwsError('ABORTED', 'the request was aborted.', { cause });
  if (deadline.aborted) return new GdwsError('DEADLINE_EXCEEDED', 'the server did not answer in time.', { cause });
  const reason = (cause as { cause?: Error }).cause ?? (cause as Error);
  return new GdwsError('SERVER_UNREACHABLE', `the server cannot be reached: ${reason.message || reason.name}.`, {
    cause,
  });
}

function errorOf({ status, headers, body }: Received): ServerError {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return new ServerError(status, saidIn(body), Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined);
}

/** The text of an error, of servers that do not keep to the protocol too. */
function saidIn(body: Uint8Array): string {
  const text = Buffer.from(body).toString().slice(0, 1000);
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}
