import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { IContainer } from 'kubernetes-models/v1/Container' with { 'resolution-mode': 'import' };
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec' with { 'resolution-mode': 'import' };
import { documentsOf, faultsOf, type ClusterObject } from './documents';

const root = path.join(__dirname, '../..');
const folders = ['deploy/kubernetes', 'deploy/kserve', 'examples/cluster/kubernetes'];
/** Values of a chart, not objects of a cluster. */
const adapter = 'deploy/kubernetes/prometheus-adapter.yaml';
const files = folders
  .flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`))
  .filter((file) => file !== adapter);
const objects = files.flatMap((file) =>
  documentsOf(file).map((value) => ({ file, value: value as ClusterObject['value'] })),
);
const ofKind = (kind: string) => objects.filter(({ value }) => value.kind === kind).map(({ value }) => value);

/** Faults by the values that schemas allow. */
function faultyValues(values: readonly unknown[]): string[] {
  const checker = path.join(__dirname, 'values.mjs');
  const input = JSON.stringify(values);
  return JSON.parse(execFileSync(process.execPath, [checker], { input, encoding: 'utf8' })) as string[];
}

test('all objects fit the schemas of Kubernetes and KServe', () => {
  expect(objects.map(({ value }) => value.kind).sort()).toEqual([
    ...['Deployment', 'HorizontalPodAutoscaler', 'InferenceService', 'Job', 'Job', 'PersistentVolumeClaim'],
    ...['PodDisruptionBudget', 'Service', 'ServingRuntime'],
  ]);
  expect(faultsOf(objects)).toEqual([]);
  expect(faultyValues(objects.map(({ value }) => value))).toEqual([]);
});

test('what does not fit is found: unknown, missing and wrong fields', () => {
  const broken = (kind: string, change: (text: string) => string): ClusterObject[] => {
    const { file, value } = objects.find((one) => one.value.kind === kind)!;
    const changed = JSON.parse(change(JSON.stringify(value))) as ClusterObject['value'];
    expect(changed).not.toEqual(value);
    return [{ file, value: changed }];
  };
  expect(faultsOf(broken('Deployment', (text) => text.replace('livenessProbe', 'lifenessProbe')))[0]).toContain(
    'lifenessProbe',
  );
  expect(faultsOf(broken('Job', (text) => text.replace('"completions":16', '"completions":"16"')))[0]).toContain(
    "'string' is not assignable to type 'number'",
  );
  expect(faultsOf(broken('Deployment', (text) => text.replace('"selector"', '"select"'))).length).toBeGreaterThan(0);
  expect(faultsOf(broken('ServingRuntime', (text) => text.replace('grpc-v2', 'grpc-v3')))[0]).toContain('grpc-v3');
  const policy = broken('Job', (text) => text.replace('"action":"Ignore"', '"action":7'));
  expect(faultyValues(policy.map(({ value }) => value))).toHaveLength(1);
});

interface PodTemplate {
  readonly template: { readonly spec: IPodSpec };
}

const pods: IPodSpec[] = [...ofKind('Deployment'), ...ofKind('Job')].map(
  ({ spec }) => (spec as unknown as PodTemplate).template.spec,
);
const runtime = ofKind('ServingRuntime')[0]!.spec as unknown as {
  containers: IContainer[];
  volumes: IPodSpec['volumes'];
};

test('containers have no rights, and write to mounted folders only', () => {
  const all = [...pods, runtime];
  for (const { containers, volumes } of all) {
    for (const { securityContext, volumeMounts, resources } of containers) {
      expect(securityContext).toMatchObject({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      });
      expect(resources!.limits).toHaveProperty('memory');
      const named = volumes!.map(({ name }) => name);
      for (const { name } of volumeMounts!) expect(named).toContain(name);
      expect(volumeMounts!.map(({ mountPath }) => mountPath)).toContain('/tmp');
    }
  }
  const unprivileged = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
  for (const pod of pods) {
    expect(pod.securityContext).toMatchObject(unprivileged);
    expect(pod.automountServiceAccountToken).toBe(false);
  }
  expect(runtime.containers[0]!.securityContext).toMatchObject(unprivileged);
});

test('probes and ports are those of the server, and labels and names meet', () => {
  const [deployment] = ofKind('Deployment');
  const [service] = ofKind('Service');
  const { containers } = pods[0]!;
  const ports = new Map(containers[0]!.ports!.map(({ name, containerPort }) => [name, containerPort]));
  expect(Object.fromEntries(ports)).toEqual({ http: 8080, grpc: 9000 });
  const args = containers[0]!.args!;
  expect(args.slice(0, 2)).toEqual(['serve', '/mnt/models']);
  expect(args[args.indexOf('--http-port') + 1]).toBe('8080');
  expect(args[args.indexOf('--grpc-port') + 1]).toBe('9000');
  for (const { livenessProbe, readinessProbe } of [containers[0]!, runtime.containers[0]!]) {
    expect(livenessProbe!.httpGet!.path).toBe('/v2/health/live');
    expect(readinessProbe!.httpGet!.path).toBe('/v2/health/ready');
  }
  const labels = (deployment!.spec as { selector: { matchLabels: object } }).selector.matchLabels;
  expect((deployment!.spec as { template: { metadata: { labels: object } } }).template.metadata.labels).toEqual(labels);
  const { selector, ports: offered } = service!.spec as { selector: object; ports: { targetPort: string }[] };
  expect(selector).toEqual(labels);
  expect(offered.map(({ targetPort }) => ports.get(targetPort))).toEqual([8080, 9000]);
  const budget = ofKind('PodDisruptionBudget')[0]!.spec as { selector: { matchLabels: object } };
  expect(budget.selector.matchLabels).toEqual(labels);
});

test('the autoscaler follows the metric that the adapter makes of the time in the queue', () => {
  const [autoscaler] = ofKind('HorizontalPodAutoscaler');
  const { metrics, scaleTargetRef } = autoscaler!.spec as {
    metrics: { pods: { metric: { name: string } } }[];
    scaleTargetRef: object;
  };
  expect(scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'gdws' });
  const [values] = documentsOf(adapter) as [
    { rules: { custom: { seriesQuery: string; metricsQuery: string; name: { as: string } }[] } },
  ];
  const [rule] = values.rules.custom;
  expect(rule!.name.as).toBe(metrics[0]!.pods.metric.name);
  expect(rule!.seriesQuery).toMatch(/^gdws_queue_seconds_count\{/);
  expect(rule!.metricsQuery).toContain('rate(gdws_queue_seconds_sum{<<.LabelMatchers>>}[2m])');
});

test('the jobs have one number of shards, and one folder', () => {
  const environment = ({ containers }: IPodSpec) =>
    Object.fromEntries(containers[0]!.env!.map(({ name, value }) => [name, value]));
  const [evaluation, merge] = ofKind('Job');
  const [evaluating, merging] = pods.slice(1).map(environment);
  expect(evaluation!.spec).toMatchObject({ completionMode: 'Indexed', completions: 16, parallelism: 16 });
  expect(evaluating!['SHARDS']).toBe('16');
  expect(merging).toEqual({ SHARDS: evaluating!['SHARDS'], RESULTS: evaluating!['RESULTS'] });
  expect(merge!.spec).not.toHaveProperty('completions');
  const { resources } = pods[1]!.containers[0]!;
  expect(evaluating!['THREADS']).toBe(resources!.limits!['cpu']);
});
