import type { Tensor } from 'onnxruntime-common';
import { longestTimer } from '../base/longest-timer';
import {
  boolean,
  checkOptions,
  integer,
  listOf,
  number,
  oneOf,
  recordOf,
  signal,
  text,
  type OptionTable,
} from '../base/options';

/** Options of a client. */
export interface ClientOptions {
  /** Bearer token. */
  readonly token?: string;
  /** Further headers of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that a request may take, with all its retries. Default 60,000. */
  readonly timeout?: number;
  /** How often a request is sent again that was answered by 503. Default 3. */
  readonly retries?: number;
  /** The longest wait between two of them, in milliseconds, whatever the server says. Default 10,000. */
  readonly longestWait?: number;
  /** Whether tensors are sent as bytes (Triton's binary extension), the default, or in JSON, which every server takes. */
  readonly binary?: boolean;
}

/** Options of a request. */
export interface RequestOptions {
  /** Ends it, with code ABORTED. */
  readonly signal?: AbortSignal;
  /** Milliseconds that it may take, with all its retries; the client's by default. */
  readonly timeout?: number;
}

/** Options of {@link InferenceClient.infer}. */
export interface InferOptions extends RequestOptions {
  /** The version of the model; the newest by default. */
  readonly version?: string;
  /** Names of the outputs wanted; all by default. */
  readonly outputs?: readonly string[];
  /** Comes back in the result. */
  readonly id?: string;
  /** Milliseconds until the run must have begun on the server. Default none. */
  readonly queueTimeout?: number;
  /** `high` goes before all that are `normal`, the default. */
  readonly priority?: 'normal' | 'high';
}

/** Options of {@link InferenceClient.classify}. */
export interface ClassifyOptions extends RequestOptions {
  /** The version of the model; the newest by default. */
  readonly version?: string;
  /** How many classes. Default 5. */
  readonly top?: number;
}

/** What a server made of tensors. */
export interface InferResult {
  /** Who answered. */
  readonly model: string;
  /** Its version, where the server said it. */
  readonly version: string | undefined;
  /** That of the request. */
  readonly id: string | undefined;
  /** By name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

const requestTable: OptionTable<RequestOptions> = { signal, timeout: integer(1, longestTimer) };

const clientTable: OptionTable<ClientOptions> = {
  token: text,
  headers: recordOf(text, 'an object with a string for each header'),
  timeout: integer(1, longestTimer),
  retries: integer(0, 100),
  longestWait: integer(0, longestTimer),
  binary: boolean,
};

const inferTable: OptionTable<InferOptions> = {
  ...requestTable,
  version: text,
  outputs: listOf(text, 'an array of strings'),
  id: text,
  queueTimeout: number({ above: 0 }),
  priority: oneOf(['normal', 'high']),
};

const classifyTable: OptionTable<ClassifyOptions> = { ...requestTable, version: text, top: integer(1) };

/** Each checks options. @throws GdwsError ARGUMENT_INVALID */
export const check = {
  client: (options: ClientOptions) => checkOptions(options, clientTable),
  request: (options: RequestOptions) => checkOptions(options, requestTable),
  infer: (options: InferOptions) => checkOptions(options, inferTable),
  classify: (options: ClassifyOptions) => checkOptions(options, classifyTable),
};
