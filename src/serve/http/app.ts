import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { failureOf, grpcStatus, isFault, ProtocolError } from '../failure';
import { isLoopback } from '../options';
import type { HttpParts } from './parts';
import { addRoutes } from './routes';
import { isOfSameSite } from './same-site';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it, for the log. */
    client: string;
  }
  interface FastifyContextConfig {
    /** Whether anybody may ask: health. */
    readonly isOpen?: boolean;
  }
}

/** The server over HTTP, which does not listen yet. */
export async function httpServer(parts: HttpParts): Promise<FastifyInstance> {
  const { packages, service, settings, version } = parts;
  const { tls, bodyLimit, requestTimeout, maxConnections, logLevel } = settings;
  const app = packages.fastify.fastify({
    ...{ bodyLimit, requestTimeout, keepAliveTimeout: 60_000 },
    // Whatever clients send slowly ends in time: heads, and whole requests.
    http: {
      headersTimeout: Math.min(requestTimeout, 15_000),
      connectionsCheckingInterval: Math.min(requestTimeout, 1000),
    },
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    logger: { level: logLevel, stream: process.stderr, base: { name: 'gdws' } },
    logController: new packages.fastify.LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    clientErrorHandler: answerBrokenRequest,
    ...(tls && {
      https: {
        ...{ cert: await fs.readFile(tls.cert), key: await fs.readFile(tls.key), minVersion: 'TLSv1.2' as const },
        // Health needs no certificate, so that it is looked for in each request.
        ...(tls.clientCa && { ca: await fs.readFile(tls.clientCa), requestCert: true, rejectUnauthorized: false }),
        ...{
          headersTimeout: Math.min(requestTimeout, 15_000),
          connectionsCheckingInterval: Math.min(requestTimeout, 1000),
        },
      },
    }),
  }) as unknown as FastifyInstance;
  app.server.maxConnections = maxConnections;

  // Bodies stay bytes: each route knows what they should be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  // Schemas are for the document.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  app.decorateRequest('client', '');
  app.addHook('onRequest', (request, _, done) => {
    admit(request, parts);
    done();
  });
  // Connections are kept for further requests; when closing begins they end with their answer.
  app.addHook('onSend', (request, reply, _, done) => {
    if (service.isClosing) reply.header('connection', 'close');
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    log(request, reply);
    done();
  });
  app.setErrorHandler((error, request, reply) => answerError(asProtocolError(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    answerError(
      new ProtocolError(404, grpcStatus.notFound, 'there is no such path, or not by this method.'),
      request,
      reply,
    ),
  );

  await app.register(packages.underPressure.default, {
    maxEventLoopDelay: settings.maxLag,
    // Where nothing was measured in an interval, the lag counts as endless: it must be as long as what it stands for.
    sampleInterval: Math.max(1000, settings.maxLag),
    retryAfter: 1,
    pressureHandler: (request) => {
      if (request.routeOptions.config.isOpen) return;
      throw new ProtocolError(503, grpcStatus.unavailable, 'the server is busy; send it again in a second.');
    },
  });
  await app.register(packages.swagger.default, {
    openapi: { info: { title: 'gdws', description: 'The Open Inference Protocol, version 2', version } },
  });
  addRoutes(app, parts);
  return app;
}

/** @throws ProtocolError 401, 403, 429 */
function admit(request: FastifyRequest, { access, settings }: HttpParts): void {
  const { headers, raw, ip } = request;
  request.client = ip;
  if (request.routeOptions.config.isOpen) return;
  const isByNetwork = settings.tokenFile === undefined && settings.tls?.clientCa === undefined;
  if (isByNetwork && isLoopback(settings.host) && !isOfSameSite(headers)) {
    throw new ProtocolError(403, grpcStatus.permissionDenied, 'requests of web pages from elsewhere need a token.');
  }
  const isCertified = (raw.socket as Partial<TLSSocket>).authorized === true;
  request.client = access.admit({ authorization: headers.authorization, isCertified, address: ip });
}

/** That of the client, where it is harmless. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Errors of fastify say their status, and what the client did wrong. */
function asProtocolError(error: unknown): unknown {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message: string };
  const isOfFastify =
    typeof code === 'string' && code.startsWith('FST_') && statusCode !== undefined && statusCode < 500;
  return isOfFastify ? new ProtocolError(statusCode, grpcStatus.invalidArgument, message) : error;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error);
  if (isFault(failure)) request.log.error({ err: error }, 'a request failed');
  if (failure.isTransient) reply.header('retry-after', '1');
  if (failure.http === 401) reply.header('www-authenticate', 'Bearer');
  // What is left of the body need not be read.
  if (failure.http === 413) reply.header('connection', 'close');
  return reply.code(failure.http).send({ error: failure.message });
}

/** One line for each request, without what was sent. */
function log(request: FastifyRequest, reply: FastifyReply): void {
  const { method, client, params } = request;
  const { model, version } = (params ?? {}) as { model?: string; version?: string };
  const route = request.routeOptions.url ?? 'none';
  const level = request.routeOptions.config.isOpen || route === '/metrics' ? 'debug' : 'info';
  const milliseconds = Math.round(1000 * reply.elapsedTime) / 1000;
  request.log[level]({ method, route, model, version, client, status: reply.statusCode, milliseconds }, 'request');
}

/** Answers what is no request of HTTP, or did not arrive in time. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOfBroken.get(error.code) ?? 400;
  const body = JSON.stringify({ error: STATUS_CODES[status] });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  socket.end(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
}

const statusOfBroken: ReadonlyMap<string | undefined, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);
