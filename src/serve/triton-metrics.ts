import type { Registry } from 'prom-client';
import type { ModelStatistics } from '../protocol/messages';
import type { ServerPackages } from './packages';
import type { Service } from './service';

const microseconds = (ns: number) => ns / 1000;

/** Triton's names of what its statistics have. */
const counters: Readonly<Record<string, readonly [help: string, of: (statistics: ModelStatistics) => number]>> = {
  nv_inference_request_success: ['Requests that were answered', (one) => one.inference_stats.success.count],
  nv_inference_request_failure: ['Requests that failed', (one) => one.inference_stats.fail.count],
  nv_inference_count: ['Rows that were answered', (one) => one.inference_count],
  nv_inference_exec_count: ['Runs', (one) => one.execution_count],
  nv_inference_request_duration_us: [
    'Microseconds from requests to their answers',
    (one) => microseconds(one.inference_stats.success.ns),
  ],
  nv_inference_queue_duration_us: [
    'Microseconds that requests were in the queue',
    (one) => microseconds(one.inference_stats.queue.ns),
  ],
  nv_inference_compute_input_duration_us: [
    'Microseconds that feeds were put together, and results taken apart',
    (one) => microseconds(one.inference_stats.compute_input.ns),
  ],
  nv_inference_compute_infer_duration_us: [
    'Microseconds of the runs that requests were part of',
    (one) => microseconds(one.inference_stats.compute_infer.ns),
  ],
  nv_inference_compute_output_duration_us: ['0: counted as that of input', () => 0],
};

/** Adds metrics by the names that Triton has for them, for dashboards made for it. */
export function addTritonMetrics(
  { Counter, Gauge }: ServerPackages['prometheus'],
  registry: Registry,
  service: Service,
): void {
  const labelNames = ['model', 'version'] as const;
  for (const [name, [help, of]] of Object.entries(counters)) {
    new Counter({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        this.reset();
        for (const one of service.statistics()) this.inc({ model: one.name, version: one.version }, of(one));
      },
    });
  }
  new Gauge({
    ...{ name: 'nv_inference_pending_request_count', help: 'Requests that wait', labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const { name, version, batched } of service.repository.served()) {
        this.set({ model: name, version }, batched.statistics().waiting);
      }
    },
  });
}
