import { GdwsError } from '../base/errors';
import { longestTimer } from '../base/longest-timer';
import type { Answer } from '../batching/batched-model';
import type { Cancellation } from '../batching/cancellation';
import type { ModelStatistics } from '../protocol/messages';
import type { InferRequest } from './infer-request';
import type { ModelRepository, ServedModel } from './models/model-repository';
import { statisticsOf, Totals } from './totals';

/** A request that was answered, or failed. */
export interface Outcome {
  readonly served: ServedModel;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  /** From the request to its answer. */
  readonly milliseconds: number;
  /** Milliseconds since 1970 when it came. */
  readonly began: number;
  /** Absent where it failed. */
  readonly answer?: Answer;
  readonly traceparent: string | undefined;
}

/** What both protocols do: requests to models, with their totals. */
export class Service {
  /** By name and version. */
  private readonly totals = new Map<string, Totals>();
  private closing = false;
  private readonly closingListeners = new Set<() => void>();

  constructor(
    readonly repository: ModelRepository,
    /** Is told of every request that a model got. */
    private readonly observe: (outcome: Outcome) => void,
  ) {}

  /** Whether requests should be sent here: it is not closing, and no model is being loaded for the first time. */
  get isReady(): boolean {
    if (this.closing) return false;
    const index = this.repository.index();
    const ready = new Set(index.filter(({ state }) => state === 'READY').map(({ name }) => name));
    return index.every(({ name, state }) => state !== 'LOADING' || ready.has(name));
  }

  get isClosing(): boolean {
    return this.closing;
  }

  /** From now on it is not ready; requests are still answered. */
  beginClosing(): void {
    this.closing = true;
    for (const listener of this.closingListeners) listener();
  }

  /** Calls back once when closing begins; gives what takes that back. */
  onClosing(listener: () => void): () => void {
    this.closingListeners.add(listener);
    return () => this.closingListeners.delete(listener);
  }

  /** Whether a version is there and ready. @throws GdwsError MODEL_UNKNOWN */
  isModelReady(name: string, version: string | undefined): boolean {
    try {
      this.repository.find(name, version);
      return true;
    } catch (error) {
      if (error instanceof GdwsError && error.code === 'MODEL_NOT_READY') return false;
      throw error;
    }
  }

  /**
   * Asks a model. The feeds must stay as they are until then.
   *
   * @param isAskedAgain whether another version is asked where this one {@link hasRetired}: that is no answer then, and not counted
   * @throws GdwsError as `BatchedModel.request` does
   */
  async infer(
    served: ServedModel,
    request: InferRequest,
    cancellation: Cancellation,
    isAskedAgain = false,
  ): Promise<Answer> {
    const { feeds, fetches, priority, traceparent } = request;
    // Clients that wait for ever say so by a time of years.
    const timeout = request.timeout === undefined ? undefined : Math.min(request.timeout, longestTimer);
    const totals = this.totalsOf(served);
    const began = Date.now();
    const start = performance.now();
    totals.begin(served.batched);
    try {
      const options = { fetches, timeout, priority, cancellation, areFeedsKept: true };
      const answer = await served.batched.take(feeds, options);
      const milliseconds = performance.now() - start;
      totals.succeeded(milliseconds, answer.times, rowsOf(served, request));
      this.observe({ served, outcome: 'ok', milliseconds, began, answer, traceparent });
      return answer;
    } catch (error) {
      if (isAskedAgain && hasRetired(error)) throw error;
      const milliseconds = performance.now() - start;
      totals.failed(milliseconds);
      const outcome = error instanceof GdwsError ? error.code : 'INTERNAL';
      this.observe({ served, outcome, milliseconds, began, traceparent });
      throw error;
    } finally {
      totals.end(served.batched);
    }
  }

  /**
   * What a request would be refused with once it was read, which is counted; undefined where it would be taken, or where there is no such
   * model.
   */
  refusal(name: string, version: string | undefined, traceparent: string | undefined): GdwsError | undefined {
    let served: ServedModel;
    try {
      served = this.repository.find(name, version);
    } catch {
      return undefined;
    }
    const refusal = served.batched.refusal();
    if (refusal === undefined) return undefined;
    this.totalsOf(served).failed(0);
    this.observe({ served, outcome: refusal.code, milliseconds: 0, began: Date.now(), traceparent });
    return refusal;
  }

  private totalsOf({ name, version }: ServedModel): Totals {
    const key = `${name}/${version}`;
    let totals = this.totals.get(key);
    if (totals === undefined) this.totals.set(key, (totals = new Totals()));
    return totals;
  }

  /** Of one version, of all of a model, or of all models. @throws GdwsError MODEL_UNKNOWN, MODEL_NOT_READY */
  statistics(name?: string, version?: string): ModelStatistics[] {
    const served = this.repository.served();
    const chosen = name === undefined ? served : this.versionsOf(name, version);
    return chosen.map((one) => statisticsOf(one, this.totalsOf(one)));
  }

  private versionsOf(name: string, version: string | undefined): readonly ServedModel[] {
    if (version !== undefined) return [this.repository.find(name, version)];
    const served = this.repository.served().filter((one) => one.name === name);
    // Says why there is none.
    return served.length > 0 ? served : [this.repository.find(name)];
  }
}

/** Whether an error of {@link Service.infer} says that the version was replaced since it was found. */
export function hasRetired(error: unknown): boolean {
  return error instanceof GdwsError && (error.code === 'SERVER_CLOSING' || error.code === 'SESSION_RELEASED');
}

/** Rows of a request: the leading dim of its inputs, where the model leaves that open. */
function rowsOf({ batched }: ServedModel, { feeds }: InferRequest): number {
  if (batched.maxBatch === 1) return 1;
  return Object.values(feeds)[0]?.dims[0] ?? 1;
}
