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
import { Cancellation } from './cancellation';
import { PendingRequest, type Asked, type Run } from './pending-request';
import { RequestQueue } from './request-queue';
import type { ServableModel, TakeOptions } from './servable-model';
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
 * The rule: where a request waits and processors are free for a run, it begins, with as many of the request's group as wait. Where several
 * runs of `maxBatch` rows wait, as many begin at once as there are processors, which share them: they get more done side by side than one
 * after the other. One more that is as large as it may be is made ready meanwhile, so that processors need not wait for it. Only right after
 * a run of that group, for `maxDelay` at most, it waits until as many rows are there as were in hand when that run ended (its own and those
 * that waited): clients that were answered together are likely to ask again together. A single client never waits by this rule.
 */
export class Batcher implements Batched, ServableModel {
  private readonly graph;
  /** Of one run at most. */
  private readonly threads: number;
  /** Threads that all runs together may have: one for each processor. */
  private readonly mostThreads: number;
  /** Threads of the runs that have their processors. */
  private busyThreads = 0;
  /** A run that waits for its processors in the engine. */
  private ahead: Run | undefined;
  private readonly queue = new RequestQueue();
  private readonly running = new Set<PendingRequest>();
  private runs = 0;
  private gathers: boolean;
  private closing: 'draining' | 'released' | undefined;
  private drained: (() => void)[] = [];
  /** What to wait for after the last run, and until when. */
  private expected = { group: undefined as string | undefined, rows: 0, until: 0 };
  private timer: NodeJS.Timeout | undefined;
  private refused: GdwsError | undefined;
  private readonly counts = { answered: 0, refused: 0, expired: 0, failed: 0, aborted: 0 };
  private readonly runsByRows = new Map<number, { count: number; milliseconds: number }>();

  constructor(
    private readonly session: InferenceSession,
    private readonly settings: BatcherSettings,
  ) {
    const { graph, threads } = internalsOf(session);
    this.graph = graph;
    this.mostThreads = concurrency().threads;
    this.threads = Math.min(threads, this.mostThreads);
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

  /** Runs that may go on at once. */
  get mostRuns(): number {
    return this.mostThreads;
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
    this.checkOpen();
    const { signal, ...others } = this.checked(options);
    if (!signal) return this.take(feeds, others);
    const cancellation = new Cancellation();
    const cancel = () => cancellation.cancel(signal);
    if (signal.aborted) cancel();
    const forget = onAbort(signal, cancel);
    try {
      return await this.take(feeds, { ...others, cancellation });
    } finally {
      forget();
    }
  }

  async take(feeds: Rows, options: TakeOptions = noOptions): Promise<Answer> {
    const since = performance.now();
    this.checkOpen();
    const { timeout, priority = 'normal', cancellation, areFeedsKept = false } = options;
    let fetches: readonly string[];
    let shape: Pick<Asked, 'rows' | 'group'>;
    try {
      fetches = readFetches(options.fetches, this.session.outputNames, this.graph.file, true).names;
      shape = this.shapeOf(feeds);
    } catch (error) {
      this.counts.failed++;
      throw error;
    }
    if (cancellation?.isCancelled) {
      this.counts.aborted++;
      throw aborted(cancellation.signal);
    }
    const { rows, group } = shape;
    const startsNow = this.busyThreads < this.mostThreads && this.queue.size === 0 && !this.waitsFor(group, rows);
    if (!startsNow && this.queue.size >= this.settings.maxQueue) {
      this.counts.refused++;
      throw this.queueFull();
    }
    // A run copies its feeds itself.
    const kept = startsNow || areFeedsKept ? feeds : copyFeeds(this.session.inputNames, feeds);
    const deadline = timeout === undefined ? Infinity : since + timeout;
    const request = this.pending({ feeds: kept, rows, group, priority, fetches, since, deadline, cancellation });
    if (startsNow) void this.run([request], this.threadsOfNext(group));
    else {
      this.queue.add(request);
      this.startRuns();
    }
    return request.answered;
  }

  refusal(): GdwsError | undefined {
    const { size } = this.queue;
    const mayBegin = size === 0 && this.busyThreads < this.mostThreads;
    if (mayBegin || size < this.settings.maxQueue) return undefined;
    this.counts.refused++;
    // One for all: there are thousands a second, and a stack is what they cost most.
    return (this.refused ??= this.queueFull());
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

  private queueFull(): GdwsError {
    return new GdwsError(
      'QUEUE_FULL',
      `${this.queue.size} requests wait already, and maxQueue is ${this.settings.maxQueue}.`,
    );
  }

  private checkOpen(): void {
    const { file } = this.graph;
    if (this.closing === 'released') throw new GdwsError('SESSION_RELEASED', 'this session was released.', { file });
    if (this.closing) throw new GdwsError('SERVER_CLOSING', 'the model takes no more requests.', { file });
  }

  private checked(options: RequestOptions): RequestOptions {
    try {
      if (options !== noOptions) checkOptions(options, requestOptions);
      return options;
    } catch (error) {
      this.counts.failed++;
      throw error;
    }
  }

  /** Rows and group of feeds that fit the model. */
  private shapeOf(feeds: Rows): Pick<Asked, 'rows' | 'group'> {
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

  /** A request with its timer and its listener, which end with it. */
  private pending(asked: Asked): PendingRequest {
    const { cancellation, deadline, since } = asked;
    let clock: NodeJS.Timeout | undefined;
    const request = new PendingRequest(asked, (ending) => {
      this.counts[ending]++;
      clearTimeout(clock);
      cancellation?.forget(leave);
    });
    const leave = () => this.takeBack(request);
    cancellation?.listen(leave);
    if (deadline !== Infinity) {
      const expire = () => {
        // A timer's milliseconds are whole.
        if (performance.now() < deadline) clock = setTimeout(expire, 1);
        else if (this.queue.remove(request)) {
          request.fail(expired());
          this.startRuns();
        }
      };
      clock = setTimeout(expire, deadline - since);
    }
    return request;
  }

  /** Of a request that nobody waits for any more. */
  private takeBack(request: PendingRequest): void {
    this.queue.remove(request);
    const { run } = request;
    // Once nobody waits for any part of a run, it ends.
    if (run && --run.left === 0) run.stop?.abort();
    request.fail(aborted(request.asked.cancellation?.signal));
    this.startRuns();
  }

  /** Begins what may begin now, and sets the timer for what may begin later. */
  private startRuns(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.closing === 'released') return;
    for (let { head } = this.queue; head; { head } = this.queue) {
      const { group } = head.asked;
      const isFree = this.busyThreads < this.mostThreads;
      if (!isFree && (this.ahead || this.fullRuns(group) === 0)) return;
      if (isFree && this.waitsFor(group, this.queue.rowsOf(group))) {
        this.timer = setTimeout(() => this.startRuns(), this.expected.until - performance.now());
        return;
      }
      const now = performance.now();
      const threads = this.threadsOfNext(group);
      const members = this.queue.take(this.maxBatch).filter((request) => {
        if (request.asked.deadline > now) return true;
        request.fail(expired());
        return false;
      });
      if (members.length > 0) void this.run(members, threads);
    }
  }

  /** How many runs wait that are as large as they may be. */
  private fullRuns(group: string | undefined): number {
    return group === undefined ? this.queue.size : Math.floor(this.queue.rowsOf(group) / this.maxBatch);
  }

  /** Threads of the next run: all that are free, or its share where further ones wait that would be as large as they may. */
  private threadsOfNext(group: string | undefined): number {
    const free = this.mostThreads - this.busyThreads;
    // Where none is free, it follows others, and others follow it.
    const [room, runs] = free > 0 ? [free, this.fullRuns(group)] : [this.mostThreads, this.fullRuns(group) + 1];
    return Math.min(this.threads, Math.floor(room / Math.min(Math.max(runs, 1), room)));
  }

  private waitsFor(group: string | undefined, rows: number): boolean {
    const { expected } = this;
    // Who may not wait would be refused by an idle model.
    if (this.settings.maxQueue === 0) return false;
    if (this.closing || group === undefined || group !== expected.group) return false;
    return rows < Math.min(expected.rows, this.maxBatch) && performance.now() < expected.until;
  }

  /** Runs requests together, and settles them. */
  private async run(members: readonly PendingRequest[], threads: number): Promise<void> {
    const stop = members.every(({ asked }) => asked.cancellation) ? new AbortController() : undefined;
    const run: Run = { threads, began: performance.now(), left: members.length, stop };
    for (const request of members) {
      request.run = run;
      this.running.add(request);
    }
    this.runs++;
    if (this.busyThreads < this.mostThreads) this.busyThreads += threads;
    else this.ahead = run;
    const settle = await this.settled(run, members);
    const [first] = members as [PendingRequest];
    const { group } = first.asked;
    const rows = rowsOfAll(members);
    this.runs--;
    this.giveBack(run);
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

  /** The threads of a run that has ended go to the one that was made ready, once they are enough, as the engine gives them. */
  private giveBack(run: Run): void {
    if (this.ahead === run) {
      this.ahead = undefined;
      return;
    }
    this.busyThreads -= run.threads;
    const { ahead } = this;
    if (!ahead || this.busyThreads + ahead.threads > this.mostThreads) return;
    this.busyThreads += ahead.threads;
    ahead.began = performance.now();
    this.ahead = undefined;
  }

  /** What settles members of a run, once they were run together. */
  private async settled(run: Run, members: readonly PendingRequest[]): Promise<() => void> {
    try {
      const answers = await this.answers(run, members);
      return () => members.forEach((request, index) => request.answer(answers[index]!));
    } catch (error) {
      const { code } = error as Partial<GdwsError>;
      const isOfAll = members.length === 1 || code === 'ABORTED' || code === 'SESSION_RELEASED';
      if (isOfAll) return () => members.forEach((request) => request.fail(error));
    }
    // One of them may be at fault, of its elements: the others must not fail with it.
    const each: (() => void)[] = [];
    for (const request of members) if (!request.isSettled) each.push(await this.settled(run, [request]));
    return () => each.forEach((settle) => settle());
  }

  private async answers(run: Run, members: readonly PendingRequest[]): Promise<Answer[]> {
    const [{ asked: first }] = members as [PendingRequest];
    const isAlone = members.length === 1;
    const rows = rowsOfAll(members);
    const { session } = this;
    const joining = performance.now();
    const feeds = isAlone
      ? first.feeds
      : joinRows(
          members.map(({ asked }) => asked.feeds),
          session.inputNames,
        );
    const submitted = performance.now();
    const results = await session.run(feeds, { signal: run.stop?.signal, threads: run.threads });
    const ended = performance.now();
    // It may have waited for its processors.
    const began = Math.max(submitted, run.began);
    const totals = this.runsByRows.get(rows) ?? { count: 0, milliseconds: 0 };
    this.runsByRows.set(rows, { count: totals.count + 1, milliseconds: totals.milliseconds + ended - began });
    const parts = isAlone ? [pickRows(results, first.fetches)] : this.split(results, members, rows);
    const joined = submitted - joining;
    const gather = joined + (performance.now() - ended);
    return members.map(({ asked }, index) => ({
      results: parts[index]!,
      times: { queue: began - joined - asked.since, gather, run: ended - began, rows },
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
    return members.map(({ asked: { fetches, rows: own } }) => {
      begin += own;
      return sliceRows(results, fetches, begin - own, begin);
    });
  }
}

function expired(): GdwsError {
  return new GdwsError('DEADLINE_EXCEEDED', 'the time of the request was over before its run began.');
}

function rowsOfAll(members: readonly PendingRequest[]): number {
  return members.reduce((sum, { asked }) => sum + asked.rows, 0);
}
