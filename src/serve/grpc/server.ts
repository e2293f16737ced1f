import type { EventEmitter } from 'node:events';
import fs from 'node:fs/promises';
import { create, type DescMethod, type Message } from '@bufbuild/protobuf';
import type {
  ServerCredentials,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import { Cancellation } from '../../batching/cancellation';
import { failureOf, grpcStatus, isFault, ProtocolError, type Failure } from '../failure';
import type { HttpParts } from '../http/parts';
import { answersInOrder } from './answers-in-order';
import { arrivalLimit } from './arrival-limit';
import { decoded, definitionOf } from './definition';
import {
  Health,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  type HealthCheckRequest,
} from './health_pb';
import { inferenceMethods, type CallContext, type UnaryMethod } from './inference-methods';
import { GRPCInferenceService, ModelStreamInferResponseSchema, type ModelInferResponse } from './inference_pb';
import { listen, type Listener } from './listen';

/** What the server over gRPC is made of. */
export interface GrpcParts extends HttpParts {
  readonly log: FastifyBaseLogger;
  /** Whether requests are to be turned away, since the event loop lags. */
  readonly isBusy: () => boolean;
}

type Call =
  ServerUnaryCall<Buffer, Message> | ServerDuplexStream<Buffer, Message> | ServerWritableStream<Buffer, Message>;

/** The server over gRPC. */
export interface GrpcServer {
  /** Gives the port. @throws errors of the system, and of TLS */
  listen(): Promise<number>;
  /** Takes no more calls, and no more messages of streams; resolves once all that were taken are answered. */
  close(): Promise<void>;
  /** Ends what is still under way. */
  abort(): void;
}

/** The server over gRPC, which does not listen yet. */
export function grpcServer(parts: GrpcParts): GrpcServer {
  const { packages, settings, service, version } = parts;
  const server = new packages.grpc.Server({
    'grpc.max_receive_message_length': settings.bodyLimit,
    'grpc.max_concurrent_streams': 100,
    // Whoever is silent for so long has gone.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    // Connections are few, and a client that asks again makes a new one.
    'grpc.max_connection_idle_ms': 300_000,
    interceptors: [arrivalLimit(packages.grpc, settings.requestTimeout)],
  });
  const methods = inferenceMethods(service, settings, version);
  const implementation: UntypedServiceImplementation = Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (call: ServerUnaryCall<Buffer, Message>, callback: sendUnaryData<Message>) => {
        const request = (context: CallContext) => method(decoded(methodOf(name), call.request) as never, context);
        void answered(call, name, parts, request).then(
          (message) => callback(null, message),
          (failure: Failure) => callback({ code: failure.grpc, details: failure.message }),
        );
      },
    ]),
  );
  let listener: Listener | undefined;
  const stops = new Set<() => void>();
  let isClosing = false;
  const onStop = (stop: () => void) => {
    if (isClosing) stop();
    stops.add(stop);
    return () => stops.delete(stop);
  };
  implementation.ModelStreamInfer = (call: ServerDuplexStream<Buffer, Message>) =>
    void streamed(call, parts, methods.ModelInfer!, onStop);
  server.addService(definitionOf(GRPCInferenceService), implementation);
  server.addService(definitionOf(Health), healthMethods(parts));
  return {
    async listen() {
      const { host, grpcPort, maxConnections } = settings;
      const injector = server.createConnectionInjector(await credentialsOf(parts));
      listener = await listen(host, grpcPort, maxConnections, (socket) => injector.injectConnection(socket));
      return listener.port;
    },
    close() {
      isClosing = true;
      listener?.close();
      for (const stop of stops) stop();
      return new Promise((resolve) => server.tryShutdown(() => resolve()));
    },
    abort: () => server.forceShutdown(),
  };
}

function methodOf(name: string): DescMethod {
  return GRPCInferenceService.methods.find((one) => one.name === name)!;
}

async function credentialsOf({ packages, settings: { tls } }: GrpcParts): Promise<ServerCredentials> {
  const { ServerCredentials } = packages.grpc;
  if (!tls) return ServerCredentials.createInsecure();
  const authority = tls.clientCa ? await fs.readFile(tls.clientCa) : null;
  const pair = { cert_chain: await fs.readFile(tls.cert), private_key: await fs.readFile(tls.key) };
  return ServerCredentials.createSsl(authority, [pair], authority !== null);
}

/** Checks who calls, and logs how it ended. Rejects with a {@link Failure}. */
async function answered<Result>(
  call: Call,
  name: string,
  parts: GrpcParts,
  handle: (context: CallContext) => Promise<Result> | Result,
): Promise<Result> {
  const began = performance.now();
  let client = '';
  let status = 0;
  try {
    client = admit(call, parts);
    return await handle(contextOf(call));
  } catch (error) {
    const failure = failureOf(error);
    status = failure.grpc;
    if (isFault(failure)) parts.log.error({ err: error }, 'a request failed');
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- for grpc-js, which takes no errors
    throw failure;
  } finally {
    const milliseconds = Math.round(1000 * (performance.now() - began)) / 1000;
    parts.log.info({ method: name, client, grpcStatus: status, milliseconds }, 'request');
  }
}

/** @throws ProtocolError */
function admit(call: Call, { access, isBusy }: GrpcParts): string {
  // As 127.0.0.1:4711.
  const address = call.getPeer().replace(/:\d+$/, '');
  const [authorization] = call.metadata.get('authorization');
  const isCertified = call.getAuthContext().sslPeerCertificate !== undefined;
  const client = access.admit({ authorization: authorization?.toString(), isCertified, address });
  if (!isBusy()) return client;
  throw new ProtocolError(503, grpcStatus.unavailable, 'the server is busy; send it again in a second.');
}

function contextOf(call: Call): CallContext {
  const gone = new Cancellation();
  (call as EventEmitter).once('cancelled', () => gone.cancel());
  const deadline = Number(call.getDeadline());
  const [traceparent] = call.metadata.get('traceparent');
  return { cancellation: gone, left: () => deadline - Date.now(), traceparent: traceparent?.toString() };
}

/** Answers the messages of a stream, each error in its place. */
async function streamed(
  call: ServerDuplexStream<Buffer, Message>,
  parts: GrpcParts,
  infer: UnaryMethod,
  onStop: (stop: () => void) => () => void,
): Promise<void> {
  const method = methodOf('ModelStreamInfer');
  let isStopped = false;
  try {
    await answered(call, 'ModelStreamInfer', parts, async (context) => {
      let isFirst = true;
      const answer = (bytes: Uint8Array) =>
        respond(() => {
          // The call itself was the first.
          if (!isFirst) admit(call, parts);
          isFirst = false;
          return infer(decoded(method, bytes) as never, context);
        }, parts);
      let flushed = Promise.resolve();
      const write = async (message: Message) => {
        if (context.cancellation.isCancelled) return;
        let isFull = false;
        flushed = new Promise((resolve) => (isFull = !call.write(message, () => resolve())));
        if (isFull) await drained(call, context.cancellation);
      };
      // The stream is not destroyed with the last message: its answer is still to be sent.
      const messages = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      await answersInOrder(messages, parts.settings.bodyLimit, answer, write, (stop) =>
        onStop(() => {
          isStopped = true;
          stop();
        }),
      );
      if (!isStopped) return;
      // An error ends the stream at once.
      await flushed;
      throw new ProtocolError(503, grpcStatus.unavailable, 'the server is closing.');
    });
    call.end();
  } catch (failure) {
    const { grpc: code, message: details } = failure as Failure;
    call.emit('error', { code, details });
  }
}

async function respond(infer: () => Promise<Message> | Message, { log }: GrpcParts): Promise<Message> {
  try {
    return create(ModelStreamInferResponseSchema, { inferResponse: (await infer()) as ModelInferResponse });
  } catch (error) {
    const failure = failureOf(error);
    if (isFault(failure)) log.error({ err: error }, 'a request failed');
    return create(ModelStreamInferResponseSchema, { errorMessage: failure.message });
  }
}

function drained(call: ServerDuplexStream<Buffer, Message>, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      cancellation.forget(done);
      resolve();
    };
    call.once('drain', done);
    cancellation.listen(done);
  });
}

/** Health, which anybody may ask for. */
function healthMethods({ service }: GrpcParts): UntypedServiceImplementation {
  const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse_ServingStatus;
  const isKnown = (name: string) => name === '' || name === GRPCInferenceService.typeName;
  const current = () => (service.isReady ? SERVING : NOT_SERVING);
  const requestOf = (bytes: Buffer, method: DescMethod) => decoded(method, bytes) as HealthCheckRequest;
  return {
    Check: (call: ServerUnaryCall<Buffer, Message>, callback: sendUnaryData<Message>) => {
      try {
        const { service: name } = requestOf(call.request, Health.method.check);
        if (!isKnown(name)) throw new ProtocolError(404, grpcStatus.notFound, 'there is no such service.');
        callback(null, create(HealthCheckResponseSchema, { status: current() }));
      } catch (error) {
        const { grpc: code, message: details } = failureOf(error);
        callback({ code, details });
      }
    },
    Watch: (call: ServerWritableStream<Buffer, Message>) => {
      let said: number | undefined;
      const say = (status: HealthCheckResponse_ServingStatus) => {
        if (status !== said) call.write(create(HealthCheckResponseSchema, { status: (said = status) }));
      };
      try {
        const { service: name } = requestOf(call.request, Health.method.watch);
        const look = () => say(isKnown(name) ? current() : SERVICE_UNKNOWN);
        look();
        const timer = setInterval(look, watchMilliseconds).unref();
        // The stream ends with its last word, so that it does not keep the server open.
        const forget = service.onClosing(() => {
          look();
          call.end();
        });
        call.once('cancelled', () => {
          clearInterval(timer);
          forget();
        });
        call.once('finish', () => {
          clearInterval(timer);
          forget();
        });
      } catch (error) {
        const { grpc: code, message: details } = failureOf(error);
        call.emit('error', { code, details });
      }
    },
  };
}

/** How often a watched status is looked at. */
const watchMilliseconds = 200;
