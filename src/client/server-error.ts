import { GdwsError } from '../base/errors';

/** A server's answer that is an error; its code is DEADLINE_EXCEEDED where the server says so (504), else SERVER_REFUSED. */
export class ServerError extends GdwsError {
  constructor(
    /** Status of HTTP. */
    readonly status: number,
    /** What the server said. */
    readonly said: string,
    /** Seconds after which it may be asked again, where it said so. */
    readonly retryAfter: number | undefined,
  ) {
    super(status === 504 ? 'DEADLINE_EXCEEDED' : 'SERVER_REFUSED', `the server answered ${status}: ${said}`);
  }
}
