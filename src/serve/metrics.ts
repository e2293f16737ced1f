import type { ServedModel } from './models/model-repository';
import type { ServerPackages } from './packages';
import type { Outcome, Service } from './service';
import { addTritonMetrics } from './triton-metrics';

/** Seconds of requests, from a tenth of a millisecond on. */
const seconds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
const rows = [1, 2, 4, 8, 16, 32, 64, 128];
const labelNames = ['model', 'version'] as const;

/** Requests of a model by how long they took. */
export interface LatencyHistogram {
  /** Upper bounds in seconds; the last is Infinity. */
  readonly bounds: readonly number[];
  /** Requests up to each bound, and above the one before it. */
  readonly counts: readonly number[];
}

/** Figures of a server, as Prometheus reads them. */
export class Metrics {
  readonly contentType: string;
  private readonly registry;
  private readonly requests;
  private readonly latency;
  private readonly queue;
  private readonly run;
  private readonly rows;

  constructor(private readonly prometheus: ServerPackages['prometheus']) {
    const registry = new prometheus.Registry();
    this.registry = registry;
    this.contentType = registry.contentType;
    this.requests = new prometheus.Counter({
      ...{ name: 'gdws_requests_total', help: 'Requests, by their outcome: ok, or the code of the error' },
      ...{ labelNames: [...labelNames, 'outcome'] as const, registers: [registry] },
    });
    const histogram = (name: string, help: string, buckets: readonly number[]) =>
      new prometheus.Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
    this.latency = histogram('gdws_request_seconds', 'From a request to its answer, where it was answered', seconds);
    this.queue = histogram('gdws_queue_seconds', 'Requests in the queue', seconds);
    this.run = histogram('gdws_run_seconds', 'Of the run that a request was part of', seconds);
    this.rows = histogram('gdws_run_rows', 'Rows of the run that a request was part of', rows);
    prometheus.collectDefaultMetrics({ register: registry });
  }

  /** Adds what is read from the models. */
  watch(service: Service, withTriton: boolean): void {
    const { registry, prometheus } = this;
    const gauge = (name: string, help: string, valueOf: (served: ServedModel) => number) =>
      new prometheus.Gauge({
        ...{ name, help, labelNames, registers: [registry] },
        collect() {
          this.reset();
          for (const served of service.repository.served()) {
            this.set({ model: served.name, version: served.version }, valueOf(served));
          }
        },
      });
    gauge('gdws_requests_waiting', 'Requests that wait now', ({ batched }) => batched.statistics().waiting);
    gauge('gdws_requests_running', 'Requests whose run has begun', ({ batched }) => batched.statistics().running);
    gauge('gdws_model_memory_bytes', 'Weights and working memory', ({ memoryBytes }) => memoryBytes);
    new prometheus.Gauge({
      ...{ name: 'gdws_models', help: 'Versions of models, by state', labelNames: ['state'] as const },
      registers: [registry],
      collect() {
        this.reset();
        for (const { state } of service.repository.index()) this.inc({ state });
      },
    });
    if (withTriton) addTritonMetrics(prometheus, registry, service);
  }

  record({ served, outcome, milliseconds, answer }: Outcome): void {
    const labels = { model: served.name, version: served.version };
    this.requests.inc({ ...labels, outcome });
    if (!answer) return;
    this.latency.observe(labels, milliseconds / 1000);
    this.queue.observe(labels, answer.times.queue / 1000);
    this.run.observe(labels, answer.times.run / 1000);
    this.rows.observe(labels, answer.times.rows);
  }

  /** All of them, in the text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** How long requests of a model took; undefined where there were none. */
  async latencyOf(model: string, version: string): Promise<LatencyHistogram | undefined> {
    const { values } = await this.latency.get();
    const buckets = values.flatMap(({ metricName, labels, value }) => {
      const { model: of, version: one, le } = labels as Readonly<Record<string, string | number>>;
      const isBucket = metricName === 'gdws_request_seconds_bucket' && of === model && one === version;
      return isBucket ? [{ bound: le === '+Inf' ? Infinity : Number(le), total: value }] : [];
    });
    if (buckets.length === 0) return undefined;
    return {
      bounds: buckets.map(({ bound }) => bound),
      counts: buckets.map(({ total }, at) => total - (buckets[at - 1]?.total ?? 0)),
    };
  }
}
