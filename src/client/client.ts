import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type {
  Classification,
  ModelMetadata,
  ModelStatistics,
  RepositoryEntry,
  ServerMetadata,
} from '../protocol/messages';
import { Connection, type Received } from './connection';
import { readInferAnswer, writeInferRequest } from './infer-messages';
import {
  check,
  type ClassifyOptions,
  type ClientOptions,
  type InferOptions,
  type InferResult,
  type RequestOptions,
} from './options';

/** Which version of a model. */
export interface VersionOptions extends RequestOptions {
  /** The newest by default. */
  readonly version?: string;
}

/**
 * A client of a server of the Open Inference Protocol, version 2, over HTTP: of `gdws serve`, Triton, KServe and others. Every method throws
 * GdwsError: {@link ServerError} where the server answered with an error, SERVER_UNREACHABLE, DEADLINE_EXCEEDED, ABORTED.
 *
 * @example
 * const client = new InferenceClient('http://127.0.0.1:8000');
 * const { outputs } = await client.infer('mnist', { input: new Tensor('float32', pixels, [1, 1, 28, 28]) });
 */
export class InferenceClient {
  private readonly connection: Connection;

  /**
   * @param address as http://127.0.0.1:8000
   * @throws GdwsError ARGUMENT_INVALID
   */
  constructor(
    address: string,
    private readonly options: ClientOptions = {},
  ) {
    check.client(options);
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new GdwsError('ARGUMENT_INVALID', `'${address}' is no address of a server.`, {
        remedy: 'Give one as http://127.0.0.1:8000.',
      });
    }
    this.connection = new Connection(url.href.replace(/\/$/, ''), options);
  }

  /** Whether the server is there. */
  async isLive(options: RequestOptions = {}): Promise<boolean> {
    return this.isOk('/v2/health/live', options);
  }

  /** Whether requests should be sent to it. */
  async isReady(options: RequestOptions = {}): Promise<boolean> {
    return this.isOk('/v2/health/ready', options);
  }

  /** Whether a model is ready; its newest version, or the one that is named. */
  async isModelReady(model: string, { version, ...options }: VersionOptions = {}): Promise<boolean> {
    return this.isOk(`${pathOf(model, version)}/ready`, options);
  }

  /** Name, version and extensions of the server. */
  async serverMetadata(options: RequestOptions = {}): Promise<ServerMetadata> {
    return this.get('/v2', options);
  }

  /** Inputs and outputs of a model. */
  async modelMetadata(model: string, { version, ...options }: VersionOptions = {}): Promise<ModelMetadata> {
    return this.get(pathOf(model, version), options);
  }

  /** Runs a model on tensors, by the names of its inputs; all elements come back exactly. */
  async infer(
    model: string,
    inputs: Readonly<Record<string, Tensor>>,
    options: InferOptions = {},
  ): Promise<InferResult> {
    check.infer(options);
    const { version, signal, timeout } = options;
    const { body, headers } = writeInferRequest(inputs, options, this.options.binary ?? true);
    const path = `${pathOf(model, version)}/infer`;
    return readInferAnswer(await this.connection.send({ method: 'POST', path, body, headers }, { signal, timeout }));
  }

  /** The likeliest classes of a picture: the bytes of a JPEG, PNG or WebP. Servers of gdws have it. */
  async classify(model: string, picture: Uint8Array, options: ClassifyOptions = {}): Promise<Classification> {
    check.classify(options);
    const { version, top, signal, timeout } = options;
    const path = `${pathOf(model, version)}/classify${top === undefined ? '' : `?top=${top}`}`;
    const headers = { 'content-type': 'application/octet-stream' };
    return documentOf(
      await this.connection.send({ method: 'POST', path, body: picture, headers }, { signal, timeout }),
    );
  }

  /** All versions of models in the repository. */
  async repositoryIndex(options: RequestOptions = {}): Promise<readonly RepositoryEntry[]> {
    return documentOf(await this.post('/v2/repository/index', options));
  }

  /** Has the server look at a model, and load what is new or changed. */
  async load(model: string, options: RequestOptions = {}): Promise<void> {
    await this.post(`/v2/repository/models/${encodeURIComponent(model)}/load`, options);
  }

  /** Has the server take a model out. */
  async unload(model: string, options: RequestOptions = {}): Promise<void> {
    await this.post(`/v2/repository/models/${encodeURIComponent(model)}/unload`, options);
  }

  /** What was answered by each version of a model, or of all models. */
  async statistics(model?: string, options: RequestOptions = {}): Promise<readonly ModelStatistics[]> {
    const path = model === undefined ? '/v2/models/stats' : `${pathOf(model)}/stats`;
    const { model_stats: statistics } = await this.get<{ model_stats: ModelStatistics[] }>(path, options);
    return statistics;
  }

  private async get<Document>(path: string, options: RequestOptions): Promise<Document> {
    check.request(options);
    return documentOf(await this.connection.send({ method: 'GET', path }, options));
  }

  private post(path: string, options: RequestOptions): Promise<Received> {
    check.request(options);
    return this.connection.send({ method: 'POST', path }, options);
  }

  /** Health is asked once: that it is not ready is an answer. */
  private async isOk(path: string, options: RequestOptions): Promise<boolean> {
    check.request(options);
    const { status } = await this.connection.send({ method: 'GET', path }, options, [200, 400, 503]);
    return status === 200;
  }
}

function pathOf(model: string, version?: string): string {
  const path = `/v2/models/${encodeURIComponent(model)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}

/** @throws GdwsError SERVER_REFUSED where it is no JSON */
function documentOf<Document>({ body }: Received): Document {
  try {
    return JSON.parse(Buffer.from(body).toString()) as Document;
  } catch (cause) {
    throw new GdwsError('SERVER_REFUSED', 'the answer of the server is no JSON.', { cause });
  }
}
