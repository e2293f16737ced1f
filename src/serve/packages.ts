import type * as Swagger from '@fastify/swagger';
import type * as UnderPressure from '@fastify/under-pressure';
import type * as Grpc from '@grpc/grpc-js';
import type * as Fastify from 'fastify';
import type * as Prometheus from 'prom-client';
import type * as Telemetry from '@opentelemetry/api';
import type * as TelemetryExporter from '@opentelemetry/exporter-trace-otlp-proto';
import type * as TelemetryResources from '@opentelemetry/resources';
import type * as TelemetrySdk from '@opentelemetry/sdk-trace-node';
import { withPackages } from '../base/optional';

/** The packages that a server is made of; optional peer dependencies of gdws. */
export interface ServerPackages {
  readonly fastify: typeof Fastify;
  readonly swagger: typeof Swagger;
  readonly underPressure: typeof UnderPressure;
  readonly grpc: typeof Grpc;
  readonly prometheus: typeof Prometheus;
}

/** ajv is the repository's, which checks `config.json`; so one command installs all. */
const names = ['fastify', '@fastify/swagger', '@fastify/under-pressure', '@grpc/grpc-js', 'prom-client', 'ajv'];

/** @throws GdwsError DEPENDENCY_MISSING, with the command that installs all of them */
export async function serverPackages(): Promise<ServerPackages> {
  const [fastify, swagger, underPressure, grpc, prometheus] = await loaded(names);
  return { fastify, swagger, underPressure, grpc, prometheus } as ServerPackages;
}

/** The packages that traces are exported by. */
export interface TracingPackages {
  readonly api: typeof Telemetry;
  readonly sdk: typeof TelemetrySdk;
  readonly resources: typeof TelemetryResources;
  readonly exporter: typeof TelemetryExporter;
}

const tracingNames = ['api', 'sdk-trace-node', 'resources', 'exporter-trace-otlp-proto'].map(
  (name) => `@opentelemetry/${name}`,
);

/** @throws GdwsError DEPENDENCY_MISSING, with the command that installs all of them */
export async function tracingPackages(): Promise<TracingPackages> {
  const [api, sdk, resources, exporter] = await loaded(tracingNames);
  return { api, sdk, resources, exporter } as TracingPackages;
}

/** Bundlers cannot resolve these imports, since the names are computed: they need not be installed when a program is bundled. */
async function loaded(packages: readonly string[]): Promise<unknown[]> {
  const modules: unknown[] = [];
  for (const name of packages) {
    modules.push(
      await withPackages(packages, () => import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<unknown>),
    );
  }
  return modules;
}
