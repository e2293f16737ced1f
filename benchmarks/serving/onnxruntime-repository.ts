import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { GdwsError } from '../../src/base/errors';
import type { Answer, BatchStatistics } from '../../src/batching/batched-model';
import type { ServableModel } from '../../src/batching/servable-model';
import type { IndexEntry, ModelRepository, ServedModel } from '../../src/serve/models/model-repository';

/** A session of onnxruntime-node; each request is a run of its own, as it comes. */
class PlainModel implements ServableModel {
  readonly maxBatch = 1;
  private answered = 0;

  constructor(private readonly session: InferenceSession) {}

  get inputMetadata() {
    return this.session.inputMetadata;
  }
  get outputMetadata() {
    return this.session.outputMetadata;
  }

  request(feeds: Readonly<Record<string, Tensor>>): Promise<Answer> {
    return this.take(feeds);
  }

  async take(feeds: Readonly<Record<string, Tensor>>): Promise<Answer> {
    const began = performance.now();
    const results = (await this.session.run(feeds)) as Record<string, Tensor>;
    this.answered++;
    return { results, times: { queue: 0, gather: 0, run: performance.now() - began, rows: 1 } };
  }

  refusal(): undefined {
    return undefined;
  }

  statistics(): BatchStatistics {
    const others = { refused: 0, expired: 0, failed: 0, aborted: 0, waiting: 0, running: 0 };
    return { answered: this.answered, ...others, runs: new Map() };
  }
}

/** One model, in onnxruntime-node, for the server of gdws. */
export class OnnxruntimeRepository implements ModelRepository {
  private constructor(
    private readonly model: ServedModel,
    private readonly session: InferenceSession,
  ) {}

  static async open(name: string, file: string): Promise<OnnxruntimeRepository> {
    const session = await InferenceSession.create(file);
    const batched = new PlainModel(session);
    const parts = { recipe: undefined, labels: undefined, memoryBytes: 0 };
    return new OnnxruntimeRepository({ name, version: '1', versions: ['1'], batched, ...parts }, session);
  }

  find(name: string): ServedModel {
    if (name === this.model.name) return this.model;
    throw new GdwsError('MODEL_UNKNOWN', `there is no model '${name}'.`);
  }
  index(): readonly IndexEntry[] {
    return [{ name: this.model.name, version: '1', state: 'READY', reason: '' }];
  }
  served(): readonly ServedModel[] {
    return [this.model];
  }
  load(): Promise<void> {
    return Promise.resolve();
  }
  unload(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return this.session.release();
  }
}
