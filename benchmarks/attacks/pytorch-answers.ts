import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { elementCount } from '../../src/onnx/value';
import type { PgdSettings } from '../../src/robustness/settings';

/** Pixels that a step of PGD in l1 changes. */
export const stepPixels = 10;

/** What PyTorch is asked to make of a network. */
export interface AgreementRequest {
  readonly model: string;
  readonly dims: readonly number[];
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly attacks: readonly (PgdSettings & {
    readonly eps: number;
    readonly stepSize: number;
    readonly steps: number;
  })[];
}

export interface Gradients {
  readonly losses: Float64Array;
  /** By the images, then by each weight. */
  readonly gradients: Float64Array[];
}

export interface Answers {
  readonly double: Gradients;
  readonly single: Gradients;
  readonly attacks: { readonly losses: Float64Array; readonly standing: Float64Array }[];
}

/** Asks a Python that has torch, onnx and numpy (`pytorch_agreement.py`); files go through `folder`. */
export async function askPytorch(python: string, folder: string, request: AgreementRequest): Promise<Answers> {
  const [asked, images, answers] = ['request.json', 'images', 'answers'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  await fs.writeFile(images, request.images);
  const { weights } = request;
  const document = {
    ...request,
    images,
    answers,
    labels: [...request.labels],
    weights: Object.keys(weights),
    attacks: request.attacks.map((one) => ({ ...one, pixels: stepPixels })),
  };
  await fs.writeFile(asked, JSON.stringify(document));
  await promisify(execFile)(python, [path.join(__dirname, 'pytorch_agreement.py'), asked]);
  const bytes = await fs.readFile(answers);
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let at = 0;
  const next = (length: number) => all.subarray(at, (at += length));
  const count = request.labels.length;
  const gradients = (): Gradients => ({
    losses: next(count),
    gradients: [request.dims, ...Object.values(weights)].map((dims) => next(elementCount(dims))),
  });
  return {
    double: gradients(),
    single: gradients(),
    attacks: request.attacks.map(() => ({ losses: next(count), standing: next(count) })),
  };
}
