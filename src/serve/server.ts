import { isIPv6, type AddressInfo } from 'node:net';
import { GdwsError } from '../base/errors';
import { version } from '../base/version';
import { Access } from './access';
import { grpcServer, type GrpcParts } from './grpc/server';
import { httpServer } from './http/app';
import { Metrics } from './metrics';
import type { IndexEntry, ModelRepository } from './models/model-repository';
import { isLoopback, settingsOf, type ServeOptions } from './options';
import { serverPackages, tracingPackages } from './packages';
import { RateLimit } from './rate-limit';
import { Service } from './service';
import { readTokens } from './tokens';
import { isTracingWanted, startTracing } from './tracing';

/** A server that listens. */
export interface Server {
  /** As http://127.0.0.1:8000. */
  readonly http: string;
  /** As 127.0.0.1:8001; undefined without gRPC. */
  readonly grpc: string | undefined;
  /** Logs the state of a version, for `onChange` of {@link openRepository}. */
  logModel(entry: IndexEntry): void;
  /**
   * Says that it is not ready, takes no more requests after `drainDelay`, answers those that have begun, and closes the repository. Those
   * that are not done after `grace` are cut off.
   *
   * @returns whether all were answered
   */
  close(): Promise<boolean>;
}

/**
 * Serves models by the Open Inference Protocol, version 2, over HTTP and gRPC. Needs the packages of docs/serving.md.
 *
 * @param repository models; the server closes it
 * @throws GdwsError ARGUMENT_INVALID, CONFIG_INVALID, DEPENDENCY_MISSING
 */
export async function serve(repository: ModelRepository, options: ServeOptions = {}): Promise<Server> {
  const settings = settingsOf(options);
  const packages = await serverPackages();
  const tokens = settings.tokenFile === undefined ? undefined : await readTokens(settings.tokenFile);
  const limit = settings.rateLimit === undefined ? undefined : new RateLimit(settings.rateLimit);
  const access = new Access(tokens, settings.tls?.clientCa !== undefined, limit);
  const tracing = isTracingWanted(process.env) ? startTracing(await tracingPackages(), version()) : undefined;
  const metrics = new Metrics(packages.prometheus);
  const service = new Service(repository, (outcome) => {
    metrics.record(outcome);
    tracing?.record(outcome);
  });
  metrics.watch(service, settings.tritonMetrics);

  const parts = { packages, service, access, metrics, settings, version: version() };
  const app = await httpServer(parts);
  if (tokens && !settings.tls && !isLoopback(settings.host)) {
    app.log.warn('tokens travel in clear text: give --tls-cert and --tls-key, unless a proxy has TLS');
  }
  const grpcParts: GrpcParts = { ...parts, log: app.log, isBusy: () => app.isUnderPressure() };
  const grpc = settings.grpcPort < 0 ? undefined : grpcServer(grpcParts);
  const { host } = settings;
  let grpcPort: number | undefined;
  try {
    await app.listen({ host, port: settings.httpPort, listenTextResolver: () => 'listening' });
    if (grpc) grpcPort = await grpc.listen();
  } catch (cause) {
    await app.close();
    grpc?.abort();
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `the server cannot listen: ${code === 'EADDRINUSE' ? 'the port is taken' : message}.`,
      {
        remedy: 'Give other ports: --http-port, --grpc-port.',
        cause,
      },
    );
  }
  const { port } = app.server.address() as AddressInfo;
  let closing: Promise<boolean> | undefined;
  return {
    http: `${settings.tls ? 'https' : 'http'}://${authorityOf(host, port)}`,
    grpc: grpcPort === undefined ? undefined : authorityOf(host, grpcPort),
    logModel: ({ name, version, state, reason }) =>
      app.log[reason === '' ? 'info' : 'warn']({ model: name, version, state, reason }, 'model'),
    close: () => (closing ??= close()),
  };

  async function close(): Promise<boolean> {
    service.beginClosing();
    app.log.info('closing');
    await elapsed(settings.drainDelay);
    const drained = Promise.all([app.close(), grpc?.close()]).then(() => true);
    const isClean = await Promise.race([drained, elapsed(settings.grace).then(() => false)]);
    if (!isClean) {
      app.log.error('requests are cut off that did not end in time');
      // Which takes back what they asked for.
      app.server.closeAllConnections();
      grpc?.abort();
      await drained;
    }
    const released = Promise.all([repository.close(), tracing?.close()]);
    // Of what was cut off, a run may still not end.
    await (isClean ? released : Promise.race([released, elapsed(settings.grace)]));
    app.log.info('closed');
    return isClean;
  }
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}

function authorityOf(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
