import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify';
import { GdwsError } from '../../base/errors';
import { Cancellation } from '../../batching/cancellation';
import { parseJson } from '../../protocol/exact-json';
import { classification, readPicture } from '../classify';
import { checkControl, checkLoadParameters } from '../control';
import { modelConfiguration, modelMetadata, serverMetadata } from '../describe-model';
import { grpcStatus, ProtocolError } from '../failure';
import { Gate } from '../gate';
import type { ServedModel } from '../models/model-repository';
import { hasRetired } from '../service';
import type { HttpParts } from './parts';
import { writeInferAnswer } from './infer-answer';
import { readInferRequest } from './infer-json';
import { schemas } from './schemas';
import { statusPage } from './status-page';

interface ModelParams {
  readonly model: string;
  readonly version?: string;
}

type Handler = (request: FastifyRequest<{ Params: ModelParams }>, reply: FastifyReply) => unknown;

/** Pictures that are read at once, and those that wait for it: each is large while it is read. */
const [picturesAtOnce, picturesWaiting] = [2, 64];

/** Adds every path of the protocol, and those of gdws. */
export function addRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { service, metrics, settings, version } = parts;
  const { repository } = service;
  /** By the newest version, and by the one that is named. */
  const ofModel = (
    method: 'get' | 'post',
    suffix: string,
    schema: Readonly<Record<string, unknown>>,
    handler: Handler,
    options: Pick<RouteShorthandOptions, 'onRequest'> = {},
  ) => {
    for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
      app[method](`${path}${suffix}`, { schema, ...options }, handler as RouteHandlerMethod);
    }
  };
  /** Turns away before a body is read and parsed what would be turned away after that. */
  const onRequest: onRequestHookHandler = (request, _, done) => {
    const { model, version: one } = request.params as ModelParams;
    done(service.refusal(model, one, traceparentOf(request)));
  };
  const served = ({ params }: { readonly params: ModelParams }): ServedModel =>
    repository.find(params.model, params.version);

  app.get('/v2/health/live', { schema: schemas.live, config: { isOpen: true } }, () => ({ live: true }));
  app.get('/v2/health/ready', { schema: schemas.ready, config: { isOpen: true } }, (_, reply) => {
    const ready = service.isReady;
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get('/v2', { schema: schemas.server }, () => serverMetadata(version));
  ofModel('get', '', schemas.model, (request) => modelMetadata(served(request)));
  ofModel('get', '/ready', schemas.modelReady, ({ params: { model, version: one } }, reply) => {
    const ready = service.isModelReady(model, one);
    return reply.code(ready ? 200 : 503).send({ name: model, ready });
  });
  ofModel('get', '/config', schemas.configuration, (request) => modelConfiguration(served(request)));
  ofModel('get', '/stats', schemas.statistics, ({ params: { model, version: one } }) => ({
    model_stats: service.statistics(model, one),
  }));
  app.get('/v2/models/stats', { schema: schemas.statistics }, () => ({ model_stats: service.statistics() }));

  ofModel(
    'post',
    '/infer',
    schemas.infer,
    async (request, reply) => {
      const cancellation = cancellationOf(reply);
      const model = served(request);
      const asked = readInferRequest(model, bodyOf(request), headerLengthOf(request), traceparentOf(request));
      const { results } = await service.infer(model, asked, cancellation);
      const { body, headerLength } = writeInferAnswer(model, asked, results);
      if (headerLength === undefined) return reply.type('application/json').send(body);
      reply.header('inference-header-content-length', headerLength);
      return reply.type('application/octet-stream').send(body);
    },
    { onRequest },
  );

  const gate = new Gate(picturesAtOnce, picturesWaiting);
  ofModel(
    'post',
    '/classify',
    schemas.classify,
    async (request, reply) => {
      const cancellation = cancellationOf(reply);
      const top = topOf(request.query as Readonly<Record<string, unknown>>);
      const picture = bodyOf(request);
      const attempt = async (isAskedAgain: boolean) => {
        // The model that is there once it is this picture's turn.
        const { model, feeds } = await gate.pass(async () => {
          const model = served(request);
          return { model, feeds: await readPicture(model, picture, settings.pixelLimit) };
        }, cancellation);
        const asked = { feeds, id: undefined, fetches: undefined, timeout: undefined, priority: 'normal' as const };
        const traced = { ...asked, traceparent: traceparentOf(request) };
        const { results } = await service.infer(model, traced, cancellation, isAskedAgain);
        return classification(model, results, top);
      };
      return attempt(true).catch((error: unknown) => {
        // While the picture was read, another version may have come, which may take pictures in another way.
        if (hasRetired(error)) return attempt(false);
        throw error;
      });
    },
    { onRequest },
  );

  app.post('/v2/repository/index', { schema: schemas.index }, (request) => {
    const { ready } = optionsOf(request);
    return repository.index().filter(({ state }) => ready !== true || state === 'READY');
  });
  const control = (action: 'load' | 'unload') =>
    app.post<{ Params: ModelParams }>(
      `/v2/repository/models/:model/${action}`,
      { schema: schemas[action] },
      async (request) => {
        checkControl(settings);
        const { parameters } = optionsOf(request);
        if (action === 'load') checkLoadParameters(parameters);
        await repository[action](request.params.model);
        return {};
      },
    );
  control('load');
  control('unload');

  app.get('/metrics', { schema: { hide: true }, config: { isOpen: settings.openMetrics } }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  app.get('/v2/docs/json', { schema: { hide: true } }, () => app.swagger());
  app.get('/', { schema: { hide: true } }, async (_, reply) => {
    // The page has no script, and loads nothing.
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    reply.header('cache-control', 'no-store').header('refresh', '5');
    return reply.type('text/html; charset=utf-8').send(await statusPage(service, metrics));
  });
}

/** Fires where the client has gone before its answer. */
function cancellationOf(reply: FastifyReply): Cancellation {
  const gone = new Cancellation();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.cancel();
  });
  if (reply.raw.destroyed) gone.cancel();
  return gone;
}

/** @throws ProtocolError 415 for bodies that are compressed */
function bodyOf(request: FastifyRequest): Uint8Array {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ProtocolError(
      415,
      grpcStatus.invalidArgument,
      'bodies are not compressed here: send it without content-encoding.',
    );
  }
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

/** Members of a body of JSON; none where it is empty. @throws GdwsError ARGUMENT_INVALID */
function optionsOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const body = bodyOf(request);
  if (body.length === 0) return {};
  const document = parseJson(body, false);
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
  throw new GdwsError('ARGUMENT_INVALID', 'the body is no object.');
}

/** @throws GdwsError ARGUMENT_INVALID */
function headerLengthOf({ headers, body }: FastifyRequest): number | undefined {
  const text = headers['inference-header-content-length'];
  if (text === undefined) return undefined;
  const length = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN;
  if (length <= (body instanceof Uint8Array ? body.length : 0)) return length;
  throw new GdwsError('ARGUMENT_INVALID', 'Inference-Header-Content-Length is no number of bytes that the body has.');
}

function traceparentOf({ headers }: FastifyRequest): string | undefined {
  return typeof headers.traceparent === 'string' ? headers.traceparent : undefined;
}

/** @throws GdwsError ARGUMENT_INVALID */
function topOf({ top = '5' }: Readonly<Record<string, unknown>>): number {
  if (typeof top === 'string' && /^[1-9]\d{0,5}$/.test(top)) return Number(top);
  throw new GdwsError('ARGUMENT_INVALID', 'top is no integer from 1 on.', { remedy: 'Leave it out for 5 classes.' });
}
