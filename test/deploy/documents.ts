import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const root = path.join(__dirname, '../..');

/** An object of a cluster, in a file. */
export interface ClusterObject {
  readonly file: string;
  readonly value: { readonly apiVersion: string; readonly kind: string; readonly spec: Record<string, unknown> };
}

/** The documents of a file of YAML; each error of its text is one. */
export function documentsOf(file: string): unknown[] {
  const documents = parseAllDocuments(fs.readFileSync(path.join(root, file), 'utf8'), { version: '1.1' });
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents) for (const error of errors) throw error;
  return documents.map((document) => document.toJS() as unknown);
}

/** The type of each kind: where from, and its name. */
const types: Readonly<Record<string, readonly [module: string, name: string]>> = {
  'apps/v1 Deployment': ['kubernetes-models/apps/v1/Deployment', 'IDeployment'],
  'autoscaling/v2 HorizontalPodAutoscaler': [
    'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler',
    'IHorizontalPodAutoscaler',
  ],
  'batch/v1 Job': ['kubernetes-models/batch/v1/Job', 'IJob'],
  'policy/v1 PodDisruptionBudget': ['kubernetes-models/policy/v1/PodDisruptionBudget', 'IPodDisruptionBudget'],
  'v1 PersistentVolumeClaim': ['kubernetes-models/v1/PersistentVolumeClaim', 'IPersistentVolumeClaim'],
  'v1 Service': ['kubernetes-models/v1/Service', 'IService'],
  'serving.kserve.io/v1alpha1 ServingRuntime': ['./kserve', 'ServingRuntime'],
  'serving.kserve.io/v1beta1 InferenceService': ['./kserve', 'InferenceService'],
};

/**
 * What is wrong with objects by the schemas of Kubernetes, with unknown fields refused: each is compiled as a literal of its type, which
 * is made from these schemas.
 */
export function faultsOf(objects: readonly ClusterObject[]): string[] {
  const source = objects.map(({ file, value }, index) => {
    const type = types[`${value.apiVersion} ${value.kind}`];
    if (!type) throw new Error(`${file}: ${value.apiVersion} ${value.kind} is of no known kind`);
    const [module, name] = type;
    return `export const object${index}: import('${module}').${name} = ${JSON.stringify(value, null, 1)};\n`;
  });
  const name = path.join(__dirname, 'literals.ts');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };
  const host = ts.createCompilerHost(options);
  const isThere = host.fileExists.bind(host);
  const read = host.getSourceFile.bind(host);
  host.fileExists = (file) => file === name || isThere(file);
  host.getSourceFile = (file, version) =>
    file === name ? ts.createSourceFile(file, source.join(''), version) : read(file, version);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
