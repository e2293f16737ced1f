import type { InferenceSession as Common, Tensor } from 'onnxruntime-common';
import { GdwsError, InferenceSession } from '../../src';
import type { Answer, BatchStatistics, RequestOptions } from '../../src/batching/batched-model';
import type { ServableModel, TakeOptions } from '../../src/batching/servable-model';
import type { Recipe } from '../../src/data/recipe';
import type { IndexEntry, ModelRepository, ServedModel } from '../../src/serve/models/model-repository';

/** A session whose requests run one by one, each as it comes, and wait while `hold` says so. */
export class PlainModel implements ServableModel {
  readonly maxBatch = 1;
  readonly inputMetadata: readonly Common.ValueMetadata[];
  readonly outputMetadata: readonly Common.ValueMetadata[];
  /** Options of every request that came. */
  readonly asked: TakeOptions[] = [];
  /** What requests wait for before they run. */
  hold: Promise<void> = Promise.resolve();
  /** What requests are refused with before they are read. */
  full: GdwsError | undefined;
  /** The error that requests end with. */
  failure: Error | undefined;
  private counts = { answered: 0, refused: 0, expired: 0, failed: 0, aborted: 0, waiting: 0, running: 0 };
  private runs = new Map<number, { count: number; milliseconds: number }>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(readonly session: InferenceSession) {
    this.inputMetadata = session.inputMetadata;
    this.outputMetadata = session.outputMetadata;
  }

  request(feeds: Readonly<Record<string, Tensor>>, { fetches }: RequestOptions = {}): Promise<Answer> {
    return this.take(feeds, { fetches });
  }

  async take(feeds: Readonly<Record<string, Tensor>>, options: TakeOptions = {}): Promise<Answer> {
    this.asked.push(options);
    if (this.failure) {
      this.counts.failed++;
      throw this.failure;
    }
    const came = performance.now();
    this.counts.waiting++;
    const before = this.last;
    let done!: () => void;
    this.last = new Promise<void>((resolve) => (done = resolve));
    try {
      const gone = new Promise<never>((_, reject) => {
        const abort = () => reject(new GdwsError('ABORTED', 'the request was aborted.'));
        if (options.cancellation?.isCancelled) abort();
        options.cancellation?.listen(abort);
      });
      await Promise.race([Promise.all([before, this.hold]), gone]).finally(() => this.counts.waiting--);
      const queue = performance.now() - came;
      if (options.timeout !== undefined && queue > options.timeout) {
        this.counts.expired++;
        throw new GdwsError('DEADLINE_EXCEEDED', 'the request waited longer than its timeout.');
      }
      this.counts.running++;
      const began = performance.now();
      const results = (await this.session
        .run(feeds, options.fetches ?? this.session.outputNames)
        .finally(() => this.counts.running--)) as Record<string, Tensor>;
      const run = performance.now() - began;
      const entry = this.runs.get(1) ?? { count: 0, milliseconds: 0 };
      this.runs.set(1, { count: entry.count + 1, milliseconds: entry.milliseconds + run });
      this.counts.answered++;
      return { results, times: { queue, gather: 0, run, rows: 1 } };
    } finally {
      done();
    }
  }

  refusal(): GdwsError | undefined {
    return this.full;
  }

  statistics(): BatchStatistics {
    return { ...this.counts, runs: new Map(this.runs) };
  }
}

export interface ModelParts {
  readonly recipe?: Recipe;
  readonly labels?: readonly string[];
}

/** Models in memory: each `name/version` a model of its own. */
export class MemoryRepository implements ModelRepository {
  readonly models = new Map<string, { model: PlainModel; parts: ModelParts; state: IndexEntry['state'] }>();
  /** Names that were loaded and unloaded. */
  readonly done: string[] = [];
  isClosed = false;

  async add(name: string, version: string, bytes: Uint8Array | string, parts: ModelParts = {}): Promise<PlainModel> {
    const session = await InferenceSession.create(bytes as Uint8Array);
    const model = new PlainModel(session);
    this.models.set(`${name}/${version}`, { model, parts, state: 'READY' });
    return model;
  }

  find(name: string, version?: string): ServedModel {
    const own = [...this.models].filter(([key]) => key.slice(0, key.lastIndexOf('/')) === name);
    const chosen = version === undefined ? own : own.filter(([key]) => key === `${name}/${version}`);
    if (chosen.length === 0) throw new GdwsError('MODEL_UNKNOWN', `there is no model '${name}' of this version.`);
    const [key] = chosen.filter(([, { state }]) => state === 'READY').at(-1) ?? [];
    if (key === undefined) throw new GdwsError('MODEL_NOT_READY', `the model '${name}' is not ready.`);
    return this.served().find((one) => `${one.name}/${one.version}` === key)!;
  }

  index(): readonly IndexEntry[] {
    return [...this.models].map(([key, { state }]) => {
      const [name, version] = key.split('/') as [string, string];
      return { name, version, state, reason: state === 'READY' ? '' : 'it was unloaded' };
    });
  }

  served(): readonly ServedModel[] {
    const ready = [...this.models].filter(([, { state }]) => state === 'READY');
    return ready.map(([key, { model, parts }]) => {
      const [name, version] = key.split('/') as [string, string];
      const versions = ready.map(([one]) => one.split('/')).flatMap(([of, one]) => (of === name ? [one!] : []));
      const { recipe, labels } = parts;
      return { name, version, versions, batched: model, recipe, labels, memoryBytes: 1000 };
    });
  }

  load(name: string): Promise<void> {
    return this.change(name, 'READY');
  }

  unload(name: string): Promise<void> {
    return this.change(name, 'UNAVAILABLE');
  }

  private change(name: string, state: IndexEntry['state']): Promise<void> {
    const own = [...this.models].filter(([key]) => key.startsWith(`${name}/`));
    if (own.length === 0) return Promise.reject(new GdwsError('MODEL_UNKNOWN', `there is no model '${name}'.`));
    this.done.push(`${state} ${name}`);
    for (const [, entry] of own) entry.state = state;
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const { model } of this.models.values()) await model.session.release();
  }
}
