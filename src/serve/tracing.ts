import type { TracingPackages } from './packages';
import type { Outcome } from './service';

/** Spans of requests, exported by OTLP. */
export interface Tracing {
  readonly record: (outcome: Outcome) => void;
  /** Exports what is left. */
  readonly close: () => Promise<void>;
}

/** Whether the environment says where traces are sent to. */
export function isTracingWanted(environment: NodeJS.ProcessEnv): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_SDK_DISABLED } = environment;
  const endpoint = OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_EXPORTER_OTLP_ENDPOINT;
  return Boolean(endpoint) && OTEL_SDK_DISABLED !== 'true';
}

const traceparentPattern = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** Makes a span of each request, within that of the client (W3C's traceparent), and spans of its queue and its run within it. */
export function startTracing({ api, sdk, resources, exporter }: TracingPackages, version: string): Tracing {
  const provider = new sdk.NodeTracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before the name.
    resource: resources
      .resourceFromAttributes({ 'service.name': 'gdws', 'service.version': version })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter())],
  });
  const tracer = provider.getTracer('gdws', version);
  return {
    record({ served, outcome, milliseconds, began, answer, traceparent }) {
      const [, traceId, spanId, flags] = traceparentPattern.exec(traceparent ?? '') ?? [];
      const root = api.ROOT_CONTEXT;
      const parent = { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags!, 16), isRemote: true };
      const context = traceId === undefined ? root : api.trace.setSpanContext(root, parent);
      const span = tracer.startSpan(
        'gdws.infer',
        {
          kind: api.SpanKind.SERVER,
          startTime: began,
          attributes: { 'gdws.model': served.name, 'gdws.version': served.version, 'gdws.outcome': outcome },
        },
        context,
      );
      const end = began + milliseconds;
      if (answer) {
        const { queue, gather, run, rows } = answer.times;
        span.setAttribute('gdws.rows', rows);
        const within = api.trace.setSpan(context, span);
        const ran = began + queue;
        tracer.startSpan('gdws.queue', { startTime: began }, within).end(ran);
        tracer
          .startSpan('gdws.run', { startTime: ran, attributes: { 'gdws.gather_ms': gather } }, within)
          .end(ran + gather + run);
      } else {
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: outcome });
      }
      span.end(end);
    },
    // Where nobody takes the spans, the server still ends.
    close: () => provider.shutdown().catch(() => undefined),
  };
}
