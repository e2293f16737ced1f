import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Tensor } from '../../../src';
import { openRepository, type RepositoryOptions } from '../../../src/serve/models/open-repository';
import type { ModelRepository, ServedModel } from '../../../src/serve/models/model-repository';
import type { Constant } from '../../../src/onnx/value';
import { model } from '../../batching/models';

/** x (n, 2) → y = factor · x. `padding` floats that are added to nothing make the file larger. */
export function multiplying(factor: number, padding = 0): Uint8Array {
  const initializers: Record<string, Constant> = {
    factor: { type: 'float32', dims: [1], data: Float32Array.of(factor) },
    padding: { type: 'float32', dims: [1, padding], data: new Float32Array(padding) },
  };
  const sum = [
    { opType: 'ReduceSum', input: ['padding'], output: ['none'], attributes: { keepdims: 0 } },
    { opType: 'Add', input: ['product', 'none'], output: ['y'] },
  ];
  const nodes = [
    { opType: 'Mul', input: ['x', 'factor'], output: [padding > 0 ? 'product' : 'y'] },
    ...(padding > 0 ? sum : []),
  ];
  if (padding === 0) delete initializers.padding;
  return model(nodes, { x: ['n', 2] }, { y: ['n', 2] }, initializers);
}

/** A folder of models, and the repositories over it, for one test. */
export class ModelsFolder {
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-models-')));
  private readonly opened: ModelRepository[] = [];

  /** Writes a file at once, by renaming another one. */
  write(file: string, content: Uint8Array | string | object): void {
    const target = this.file(file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const temporary = path.join(this.folder, '.temporary');
    fs.writeFileSync(
      temporary,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    fs.renameSync(temporary, target);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async open(options: RepositoryOptions = {}): Promise<ModelRepository> {
    const repository = await openRepository(this.folder, { settle: 30, interval: 100, grace: 50, ...options });
    this.opened.push(repository);
    return repository;
  }

  async remove(): Promise<void> {
    for (const repository of this.opened) await repository.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a served model makes of 1. */
export async function factorOf(served: ServedModel): Promise<number> {
  const { results } = await served.batched.request({ x: new Tensor('float32', Float32Array.of(1, 1), [1, 2]) });
  return (results.y!.data as Float32Array)[0]!;
}

export const statesOf = (repository: ModelRepository) =>
  repository.index().map(({ name, version, state }) => `${name}/${version} ${state}`);

/** Waits until something holds; fails after a time in which it surely would. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('what is waited for does not come');
    await wait(10);
  }
}

export function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

export const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
