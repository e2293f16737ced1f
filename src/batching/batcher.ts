import { concurrency } from '../addon/introspection';
import { GdwsError } from '../base/errors';
import { longestTimer } from '../base/longest-timer';
import { checkOptions, listOf, number, oneOf, signal, text, type OptionTable } from '../base/options';
import { checkFeeds } from '../engine/feeds';
import { readFetches } from '../engine/fetches';
import { onAbort } from '../engine/on-abort';
import { aborted } from '../engine/run-error';
import { internalsOf, type InferenceSession } from '../engine/session';
import { copyFeeds } from '../engine/value-inputs';
import type { Answer, Batched, BatchStatistics, RequestOptions } from './batched-model';
import type { PendingRequest } from './pending-request';
import { RequestQueue } from './request-queue';
import { joinRows, pickRows, sliceRows, type Rows } from './rows';

const requestOptions: OptionTable<RequestOptions> = {
  fetches: listOf(text, 'an array of names of outputs'),
  signal,
  timeout: number({ from: 0, to: longestTimer }),
  priority: oneOf(['normal', 'high']),
};

const noOptions: RequestOptions = {};

/** What {@link Batcher} is told. */
export interface BatcherSettings {
  /** Rows of a run; 1 where requests never run together. */
  readonly maxBatch: number;
  /** In milliseconds. */
  readonly maxDelay: number;
  /** Requests. */
  readonly maxQueue: number;
  /** Whether requests may run together at all. */
  readonly gathers: boolean;
}

/**
 * Requests of a session, gathered while it is busy.
 *
 * The rule: where a request waits and processors are free for a run, it begins, with as many of the request's group as wait. Only right after
 * a run of that group, for `maxDelay` at most, it waits until as many rows are there as were in hand when that run ended (its own and those
 * that waited): clients that were answered together are likely to ask again together. A single client never waits by this rule.
 */
export class Batcher implements Batched {
  private readonly graph;
  /** Runs at once: as many as processors have room for, with the threads of each. */
  private readonly mostRuns: number;
  private readonly queue = new RequestQueue();
  private readonly running = new Set<PendingRequest>();
  private runs = 0;
  private gathers: boolean;
  private closing: 'draining' | 'released' | undefined;
  private drained: (() => void)[] = [];
  /** What to wait for after the last run, and until when. */
  private expected = { group: undefined as string | undefined, rows: 0, until: 0 };
  private timer: NodeJS.Timeout | undefined;
  private readonly counts = { answered: 0, refused: 0, expired: 0, failed: 0, aborted: 0 };
  private readonly runsByRows = new Map<number, { count: number; milliseconds: number }>();

  constructor(
    private readonly session: InferenceSession,
    private readonly settings: BatcherSettings,
  ) {
    const { graph, threads } = internalsOf(session);
    this.graph = graph;
    this.mostRuns = Math.max(1, Math.floor(concurrency().threads / threads));
    this.gathers = settings.gathers;
  }

  get inputMetadata() {
    return this.session.inputMetadata;
  }

  get outputMetadata() {
    return this.session.outputMetadata;
  }

  get maxBatch(): number {
    return this.gathers ? this.settings.maxBatch : 1;
  }

  statistics(): BatchStatistics {
    return {
      ...this.counts,
      runs: new Map([...this.runsByRows].map(([rows, totals]) => [rows, { ...totals }])),
      waiting: this.queue.size,
      running: this.running.size,
    };
  }

  async request(feeds: Rows, options: RequestOptions = noOptions): Promise<Answer> {
    const since = performance.now();
    this.checkOpen();
    let fetches: readonly string[];
    let shape: Pick<PendingRequest, 'rows' | 'group'>;
    try {
      if (options !== noOptions) checkOptions(options, requestOptions);
      fetches = readFetches(options.fetches, this.session.outputNames, this.graph.file, true).names;
      shape = this.shapeOf(feeds);
    } catch (error) {
      this.counts.failed++;
      throw error;
    }
    if (options.signal?.aborted) {
      this.counts.aborted++;
      throw aborted(options.signal);
    }
    const startsNow = this.runs < this.mostRuns && this.queue.size === 0 && !this.waitsFor(shape.group, shape.rows);
    if (!startsNow && this.queue.size >= this.settings.maxQueue) {
      this.counts.refused++;
      throw new GdwsError(
        'QUEUE_FULL',
        `${this.queue.size} requests wait already, and maxQueue is ${this.settings.maxQueue}.`,
      );
    }
    // A run copies its feeds itself.
    const kept = startsNow ? feeds : copyFeeds(this.session.inputNames, feeds);
    return new Promise((resolve, reject) => {
      const request = this.pending({ ...shape, feeds: kept, fetches, since }, options, resolve, reject);
      if (startsNow) void this.run([request]);
      else {
        this.queue.add(request);
        this.startRuns();
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Takes no more requests; resolves once all that were taken are answered. */
  drain(): Promise<void> {
    this.closing ??= 'draining';
    this.startRuns();
    if (this.runs === 0) return Promise.resolve();
    return new Promise((resolve) => this.drained.push(resolve));
  }

  /** Aborts what waits and what runs, and releases the session. */
  async release(): Promise<void> {
    this.closing = 'released';
    clearTimeout(this.timer);
    for (const request of this.queue.clear()) request.fail(aborted());
    await this.session.release();
  }

  private checkOpen(): void {
    const { file } = this.graph;
    if (this.closing === 'released') throw new GdwsError('SESSION_RELEASED', 'this session was released.', { file });
    if (this.closing) throw new GdwsError('SERVER_CLOSING', 'the model takes no more requests.', { file });
  }

  /** Rows and group of feeds that fit the model. */
  private shapeOf(feeds: Rows): Pick<PendingRequest, 'rows' | 'group'> {
    const types = checkFeeds(this.graph, feeds);
    if (!this.settings.gathers) return { rows: 1, group: undefined };
    let group = '';
    let rows: number | undefined;
    for (const [name, { type, dims }] of types) {
      rows ??= dims[0]!;
      if (dims[0] !== rows) {
        throw new GdwsError(
          'SHAPE_MISMATCH',
          `all inputs of a request must have the same rows, and another has ${rows}.`,
          {
            file: this.graph.file,
            tensor: name,
            shape: dims,
          },
        );
      }
      group += `${type}:${dims.slice(1).join()};`;
    }
    if (rows! > this.settings.maxBatch) {
      throw new GdwsError(
        'SHAPE_MISMATCH',
        `the request has ${rows} rows, and maxBatch is ${this.settings.maxBatch}.`,
        {
          file: this.graph.file,
          remedy: 'Send it in parts, or raise maxBatch.',
        },
      );
    }
    // Without rows it would end a run of none.
    return this.gathers && rows! > 0 ? { rows: rows!, group } : { rows: 1, group: undefined };
  }

  /** A request whose promise is settled once, however it ends; its timers and listeners end with it. */
  private pending(
    given: Pick<PendingRequest, 'rows' | 'group' | 'feeds' | 'fetches' | 'since'>,
    { signal, timeout, priority = 'normal' }: RequestOptions,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ): PendingRequest {
    let isSettled = false;
    let clock: NodeJS.Timeout | undefined;
    let forget: (() => void) | undefined;
    const settle = (outcome: keyof typeof this.counts): boolean => {
      if (isSettled) return false;
      isSettled = true;
      this.counts[outcome]++;
      clearTimeout(clock);
      forget?.();
      return true;
    };
    const request: PendingRequest = {
      ...given,
      priority,
      signal,
      deadline: timeout === undefined ? Infinity : given.since + timeout,
      get isSettled() {
        return isSettled;
      },
      answer: (answer) => void (settle('answered') && resolve(answer)),
      fail: (error) => {
        const code = (error as Partial<GdwsError>).code;
        const outcome = code === 'ABORTED' ? 'aborted' : code === 'DEADLINE_EXCEEDED' ? 'expired' : 'failed';
        if (settle(outcome)) reject(error);
      },
    };
    if (signal) {
      forget = onAbort(signal, () => {
        this.queue.remove(request);
        request.fail(aborted(signal));
        this.startRuns();
      });
    }
    if (timeout !== undefined) {
      const expire = () => {
        // A timer's milliseconds are whole.
        if (performance.now() < request.deadline) clock = setTimeout(expire, 1);
        else if (this.queue.remove(request)) {
          request.fail(expired());
          this.startRuns();
        }
      };
      clock = setTimeout(expire, timeout);
    }
    return request;
  }

  /** Begins what may begin now, and sets the timer for what may begin later. */
  private startRuns(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.closing === 'released') return;
    for (let { head } = this.queue; head && this.runs < this.mostRuns; { head } = this.queue) {
      if (this.waitsFor(head.group, this.queue.rowsOf(head.group))) {
        this.timer = setTimeout(() => this.startRuns(), this.expected.until - performance.now());
        return;
      }
      const now = performance.now();
      const members = this.queue.take(this.maxBatch).filter((request) => {
        if (request.deadline > now) return true;
        request.fail(expired());
        return false;
      });
      if (members.length > 0) void this.run(members);
    }
  }

  private waitsFor(group: string | undefined, rows: number): boolean {
    const { expected } = this;
    if (this.closing || group === undefined || group !== expected.group) return false;
    return rows < Math.min(expected.rows, this.maxBatch) && performance.now() < expected.until;
  }

  /** Runs requests together, and settles them. */
  private async run(members: readonly PendingRequest[]): Promise<void> {
    this.runs++;
    for (const request of members) this.running.add(request);
    const settle = await this.settled(members);
    const [{ group }] = members as [PendingRequest];
    const rows = members.reduce((sum, request) => sum + request.rows, 0);
    this.runs--;
    for (const request of members) this.running.delete(request);
    this.expected = {
      group,
      rows: rows + this.queue.rowsOf(group),
      until: performance.now() + this.settings.maxDelay,
    };
    settle();
    this.startRuns();
    if (this.closing && this.runs === 0) for (const resolve of this.drained.splice(0)) resolve();
  }

  /** What settles the members of a run, once it has ended. */
  private async settled(members: readonly PendingRequest[]): Promise<() => void> {
    const began = performance.now();
    try {
      const answers = await this.answers(members, began);
      return () => members.forEach((request, index) => request.answer(answers[index]!));
    } catch (error) {
      const { code } = error as Partial<GdwsError>;
      const isOfAll = members.length === 1 || code === 'ABORTED' || code === 'SESSION_RELEASED';
      if (isOfAll) return () => members.forEach((request) => request.fail(error));
    }
    // One of them may be at fault, of its elements: the others must not fail with it.
    const each: (() => void)[] = [];
    for (const request of members) if (!request.isSettled) each.push(await this.settled([request]));
    return () => each.forEach((settle) => settle());
  }

  private async answers(members: readonly PendingRequest[], began: number): Promise<Answer[]> {
    const [first] = members as [PendingRequest];
    const isAlone = members.length === 1;
    const rows = members.reduce((sum, request) => sum + request.rows, 0);
    const { session } = this;
    const feeds = isAlone
      ? first.feeds
      : joinRows(
          members.map((one) => one.feeds),
          session.inputNames,
        );
    const stop = stopWithAll(members);
    const submitted = performance.now();
    let results: Rows;
    try {
      results = await session.run(feeds, { signal: stop?.signal });
    } finally {
      stop?.forget();
    }
    const ended = performance.now();
    const totals = this.runsByRows.get(rows) ?? { count: 0, milliseconds: 0 };
    this.runsByRows.set(rows, { count: totals.count + 1, milliseconds: totals.milliseconds + ended - submitted });
    const parts = isAlone ? [pickRows(results, first.fetches)] : this.split(results, members, rows);
    const gather = submitted - began + (performance.now() - ended);
    return members.map((request, index) => ({
      results: parts[index]!,
      times: { queue: began - request.since, gather, run: ended - submitted, rows },
    }));
  }

  private split(results: Rows, members: readonly PendingRequest[], rows: number): Rows[] {
    const wrong = this.session.outputNames.find((name) => results[name]!.dims[0] !== rows);
    if (wrong !== undefined) {
      // The members run again, each alone, as all later ones do.
      this.gathers = false;
      throw new RangeError(`${wrong} has not the ${rows} rows that were fed`);
    }
    let begin = 0;
    return members.map(({ fetches, rows: own }) => {
      begin += own;
      return sliceRows(results, fetches, begin - own, begin);
    });
  }
}

function expired(): GdwsError {
  return new GdwsError('DEADLINE_EXCEEDED', 'the time of the request was over before its run began.');
}

/** A signal that fires once those of all members have; undefined where some have none. */
function stopWithAll(members: readonly PendingRequest[]): { signal: AbortSignal; forget(): void } | undefined {
  if (members.some(({ signal }) => !signal)) return undefined;
  const [first] = members as [PendingRequest];
  if (members.length === 1) return { signal: first.signal!, forget: () => {} };
  const stop = new AbortController();
  const left = new Set(members.map(({ signal }) => signal!));
  const ends = [...left].map((signal) => {
    const leave = () => {
      left.delete(signal);
      if (left.size === 0) stop.abort(signal.reason);
    };
    if (signal.aborted) leave();
    return onAbort(signal, leave);
  });
  return { signal: stop.signal, forget: () => ends.forEach((end) => end()) };
}
