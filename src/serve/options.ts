import { isIP } from 'node:net';
import { GdwsError } from '../base/errors';
import { longestTimer } from '../base/longest-timer';
import {
  boolean,
  checkOptions,
  group,
  integer,
  number,
  oneOf,
  required,
  text,
  type OptionTable,
} from '../base/options';

/** Files, in PEM. */
export interface TlsFiles {
  /** The certificate of the server, and those between it and the authority. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
  /** The authority of clients: where it is given, each must have a certificate of it. */
  readonly clientCa?: string;
}

/** How much is logged, to stderr. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** Options of {@link serve}. */
export interface ServeOptions {
  /** Address to listen at. Default 127.0.0.1: this machine alone. Others need `tokenFile` or `tls.clientCa`, or `insecure`. */
  readonly host?: string;
  /** Default 8000; 0 takes any that is free. */
  readonly httpPort?: number;
  /** Default 8001; 0 takes any that is free, -1 leaves gRPC out. */
  readonly grpcPort?: number;
  /** File of the hashes of clients' tokens: a line `sha256:<hex> <client>` for each. */
  readonly tokenFile?: string;
  /** Speak TLS; without it, clear text. */
  readonly tls?: TlsFiles;
  /** Listen beyond this machine without knowing who asks. */
  readonly insecure?: boolean;
  /** Whether clients may load and unload models. Default false. */
  readonly control?: boolean;
  /** Bytes of a request. Default 32 MiB. */
  readonly bodyLimit?: number;
  /** Pixels of a picture to classify. Default 50 million. */
  readonly pixelLimit?: number;
  /** Requests a second of a client, by its token or address. Default none. */
  readonly rateLimit?: number;
  /** Connections of HTTP at once. Default 1,000. */
  readonly maxConnections?: number;
  /** Milliseconds that a request may take to arrive. Default 30,000. */
  readonly requestTimeout?: number;
  /** Milliseconds by which the event loop may lag, on average of as long a time, before requests are turned away. Default 5,000. */
  readonly maxLag?: number;
  /** Milliseconds that it still takes requests after `close()`, while it says that it is not ready. Default 0. */
  readonly drainDelay?: number;
  /** Milliseconds that requests may take to end after that. Default 30,000. */
  readonly grace?: number;
  /** Whether `/metrics` is answered without a token or certificate, as health is. Default false. */
  readonly openMetrics?: boolean;
  /** Whether `/metrics` also has Triton's names. Default false. */
  readonly tritonMetrics?: boolean;
  /** Default `info`. */
  readonly logLevel?: (typeof logLevels)[number];
}

const table: OptionTable<ServeOptions> = {
  host: text,
  httpPort: integer(0, 65535),
  grpcPort: integer(-1, 65535),
  tokenFile: text,
  tls: group<TlsFiles>({ cert: required(text), key: required(text), clientCa: text }),
  insecure: boolean,
  control: boolean,
  bodyLimit: integer(1),
  pixelLimit: integer(1),
  rateLimit: number({ above: 0 }),
  maxConnections: integer(1),
  requestTimeout: integer(1, longestTimer),
  maxLag: integer(1, longestTimer),
  drainDelay: integer(0, longestTimer),
  grace: integer(0, longestTimer),
  openMetrics: boolean,
  tritonMetrics: boolean,
  logLevel: oneOf(logLevels),
};

/** Options with their defaults. */
export type Settings = ServeOptions & Required<Omit<ServeOptions, 'tokenFile' | 'tls' | 'rateLimit'>>;

/**
 * Checks options, and adds their defaults.
 *
 * @throws GdwsError ARGUMENT_INVALID, also where anybody could send requests from elsewhere
 */
export function settingsOf(options: ServeOptions): Settings {
  checkOptions(options, table);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ServeOptions;
  const settings: Settings = {
    ...{ host: '127.0.0.1', httpPort: 8000, grpcPort: 8001, insecure: false, control: false },
    ...{ openMetrics: false, tritonMetrics: false },
    ...{ bodyLimit: 32 * 2 ** 20, pixelLimit: 50e6, maxConnections: 1000, requestTimeout: 30_000, maxLag: 5000 },
    ...{ drainDelay: 0, grace: 30_000, logLevel: 'info' },
    ...given,
  };
  const isKnown = settings.tokenFile !== undefined || settings.tls?.clientCa !== undefined;
  if (!isLoopback(settings.host) && !isKnown && !settings.insecure) {
    throw new GdwsError('ARGUMENT_INVALID', `at ${settings.host}, anybody in the network could send requests.`, {
      remedy:
        'Give tokens (--token-file) or an authority of clients (--tls-client-ca); or say --insecure where something else keeps others out.',
    });
  }
  return settings;
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
