import fs from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { GdwsError } from '../../base/errors';
import { suggestName } from '../../base/options';
import { FolderWatch } from './folder-watch';
import { configOf, loadVersion, NoRoomError, type LoadedVersion } from './load-version';
import type { ModelConfig, VersionPolicy } from './model-config';
import type { IndexEntry, ModelRepository, ServedModel } from './model-repository';
import { scanFolder, type FoundModel, type FoundVersion, type Scan } from './scan-folder';
import { reasonOf, ServedVersion } from './served-version';

/** What decides which models are loaded. */
export type Control = 'poll' | 'explicit' | 'none';

/** What {@link FolderRepository} is told. */
export interface RepositorySettings {
  readonly folder: string;
  readonly control: Control;
  readonly name: string | undefined;
  /** In milliseconds, as the next two. */
  readonly interval: number;
  readonly settle: number;
  readonly grace: number;
  readonly memoryBytes: number;
  readonly defaults: ModelConfig;
  readonly onChange: ((entry: IndexEntry) => void) | undefined;
}

/** How often files that are replaced while they are loaded are loaded again, before the next look. */
const mostTries = 3;

/** Milliseconds in which further changes of a folder are likely to follow the first. */
const briefly = 20;

/** A model that was found, and its versions. */
interface Model {
  found: FoundModel;
  readonly versions: Map<number, ServedVersion>;
  /** In control `explicit`: whether it is to be loaded. */
  isWanted: boolean;
}

/** A {@link ModelRepository} over a folder. Looks at the folder, and loads, in turn; requests find models at any time. */
export class FolderRepository implements ModelRepository {
  private readonly models = new Map<string, Model>();
  /** Entries of models of which nothing is known, since their folders cannot be read. */
  private unknown: ReadonlyMap<string, IndexEntry> = new Map();
  /** What the last looks saw of each model, and since when it is so. */
  private readonly seen = new Map<string, { readonly stamp: string; readonly since: number }>();
  private readonly retiring = new Set<Promise<void>>();
  /** Models that retire still have their memory. */
  private retiringBytes = 0;
  private readonly watch = new FolderWatch(() => this.lookAfter(briefly));
  private readonly stopped = new AbortController();
  /** Of the next look, or of that which is under way. */
  private timer: NodeJS.Timeout | undefined;
  /** When the next look is due, by `performance.now()`; 0 while one is under way. */
  private due = 0;
  private isDueAgain = false;
  private turn: Promise<unknown> = Promise.resolve();
  private paths: readonly string[] = [];

  constructor(private readonly settings: RepositorySettings) {}

  /** Loads what is there. @throws errors of the file system where the folder cannot be read */
  async open(): Promise<void> {
    const { control, settle } = this.settings;
    await fs.readdir(this.settings.folder);
    if (control === 'poll') {
      if (await this.inTurn(() => this.look())) {
        await wait(settle);
        await this.inTurn(() => this.look());
      }
      this.lookAfter(this.settings.interval);
    } else await this.inTurn(() => this.lookNow(control === 'none' ? 'all' : undefined));
  }

  find(name: string, version?: string): ServedModel {
    const model = this.modelOf(name);
    const ready = readyOf(model);
    const found = version === undefined ? ready.at(-1) : ready.find((one) => String(one.version) === version);
    if (found) return this.servedOf(name, model, found);
    const one = sorted(model).findLast((known) => version === undefined || String(known.version) === version);
    if (version !== undefined && !one) {
      throw new GdwsError('MODEL_UNKNOWN', `the model '${name}' has no version '${version}'.`, {
        remedy: suggestName(version, [...model.versions.keys()].map(String), 'Versions'),
      });
    }
    const why = one?.reason ? `: ${one.reason}` : '.';
    throw new GdwsError('MODEL_NOT_READY', `the model '${name}' does not serve${why}`);
  }

  index(): readonly IndexEntry[] {
    return [...this.models.keys(), ...this.unknown.keys()].sort().flatMap((name) => {
      const model = this.models.get(name);
      return model ? sorted(model).map((one) => entryOf(name, one)) : [this.unknown.get(name)!];
    });
  }

  served(): readonly ServedModel[] {
    return [...this.models.keys()].sort().flatMap((name) => {
      const model = this.models.get(name)!;
      return readyOf(model).map((one) => this.servedOf(name, model, one));
    });
  }

  async load(name: string): Promise<void> {
    if (this.settings.control === 'none') throw this.fixed('load');
    this.checkOpen();
    await this.inTurn(() => this.lookNow(name));
    const model = this.modelOf(name);
    const failed = sorted(model).find(({ error }) => error !== undefined);
    if (!failed) return;
    const summary = `version ${failed.version} of '${name}' cannot be loaded: ${failed.reason}`;
    throw new GdwsError('MODEL_NOT_READY', summary, { cause: failed.error });
  }

  async unload(name: string): Promise<void> {
    if (this.settings.control !== 'explicit') throw this.fixed('unload');
    this.checkOpen();
    await this.inTurn(async () => {
      const model = this.modelOf(name);
      model.isWanted = false;
      await Promise.all(
        [...model.versions.values()].map((one) => {
          one.error = undefined;
          one.tried = undefined;
          return this.withdraw(name, one, 'it was unloaded.', 0);
        }),
      );
    });
  }

  async close(): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.timer);
    this.watch.close();
    for (const [name, { versions }] of this.models) {
      for (const one of versions.values()) void this.withdraw(name, one, 'the server is closing.', 0);
    }
    // A load that is under way ends first.
    await this.inTurn(() => Promise.resolve());
    while (this.retiring.size > 0) await Promise.all(this.retiring);
  }

  /** One look or load after the other. */
  private inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.turn.then(task);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private get isClosed(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Sees to it that there is a look in so many milliseconds at the latest. */
  private lookAfter(milliseconds: number): void {
    if (this.isClosed || this.settings.control !== 'poll') return;
    const due = performance.now() + milliseconds;
    if (this.timer && this.due <= due) {
      this.isDueAgain ||= this.due === 0;
      return;
    }
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => void this.lookInTime(), milliseconds).unref();
  }

  private async lookInTime(): Promise<void> {
    // One that is due meanwhile begins once this has ended.
    this.due = 0;
    // A folder that cannot be read now says nothing: all serve on.
    const isUnsettled = await this.inTurn(() => this.look()).catch(() => false);
    const isDue = this.isDueAgain;
    this.timer = undefined;
    this.isDueAgain = false;
    this.lookAfter(isDue ? briefly : isUnsettled ? this.settings.settle : this.settings.interval);
  }

  /** Looks at the folder, and brings models up to what has lain there for a while. Returns whether there is something newer. */
  private async look(): Promise<boolean> {
    if (this.isClosed) return false;
    const scan = await this.scan();
    this.watch.watch(scan.folders);
    let isUnsettled = false;
    for (const name of new Set([...this.models.keys(), ...scan.models.keys()])) {
      if (scan.unreadable.has(name)) continue;
      const found = scan.models.get(name);
      if (this.isSettled(name, found)) await this.bringUp(name, found);
      else isUnsettled = true;
    }
    return isUnsettled;
  }

  /** Looks at the folder, and loads one model or all, whatever may be copied there just now. */
  private async lookNow(which: string | undefined): Promise<void> {
    const scan = await this.scan();
    for (const name of new Set([...this.models.keys(), ...scan.models.keys()])) {
      if (scan.unreadable.has(name)) continue;
      const found = scan.models.get(name);
      const isAsked = which === 'all' || which === name;
      const model = this.models.get(name);
      if (isAsked) for (const one of model?.versions.values() ?? []) if (one.error !== undefined) one.tried = undefined;
      if (isAsked || (model?.isWanted && !found)) await this.bringUp(name, found);
      else if (found && !model?.isWanted) this.models.set(name, this.unloaded(found));
      else if (!found) this.models.delete(name);
    }
  }

  private async scan(): Promise<Scan> {
    const scan = await scanFolder(this.settings.folder, this.settings.name);
    this.paths = [...scan.folders].sort((one, other) => other.length - one.length).concat(this.settings.folder);
    this.noteUnknown(scan);
    return scan;
  }

  private noteUnknown({ unreadable }: Scan): void {
    const before = this.unknown;
    const names = [...unreadable].filter(([name]) => !this.models.has(name));
    this.unknown = new Map(
      names.map(([name, failure]) => {
        const reason = reasonOf(failed(failure), this.paths);
        return [name, { name, version: '', state: 'UNAVAILABLE', reason }];
      }),
    );
    for (const [name, entry] of this.unknown) if (before.get(name)?.reason !== entry.reason) this.tellEntry(entry);
  }

  private unloaded(found: FoundModel): Model {
    const versions = new Map<number, ServedVersion>();
    for (const version of found.versions.keys()) {
      const one = new ServedVersion(version);
      one.withdraw('UNAVAILABLE', 'it is not loaded.');
      versions.set(version, one);
    }
    return { found, versions, isWanted: false };
  }

  /** Whether a model's files have been as they are for a while. */
  private isSettled(name: string, found: FoundModel | undefined): boolean {
    const stamp = found ? stampOf(found) : '';
    const now = Date.now();
    const last = this.seen.get(name);
    if (last?.stamp === stamp) return now - last.since >= this.settings.settle || this.isAsBroughtUp(name, stamp);
    this.seen.set(name, { stamp, since: now });
    if (!found) return false;
    const age = now - Math.max(found.changed, ...[...found.versions.values()].map(({ changed }) => changed));
    return age >= this.settings.settle;
  }

  private isAsBroughtUp(name: string, stamp: string): boolean {
    const model = this.models.get(name);
    return model !== undefined && stampOf(model.found) === stamp;
  }

  /** Loads the versions of a model that are to serve, and withdraws the others once these do. */
  private async bringUp(name: string, found: FoundModel | undefined): Promise<void> {
    const model = this.models.get(name);
    if (!found) {
      this.seen.delete(name);
      this.models.delete(name);
      for (const one of model?.versions.values() ?? [])
        void this.withdraw(name, one, 'it was removed.', this.settings.grace);
      return;
    }
    const current = model ?? { found, versions: new Map<number, ServedVersion>(), isWanted: true };
    this.models.set(name, current);
    current.found = found;
    current.isWanted = true;
    let config: ModelConfig;
    try {
      config = await configOf(found, this.settings.defaults);
    } catch (error) {
      // Which versions are wanted is not known then: none is withdrawn.
      for (const version of found.versions.keys()) {
        const one = versionOf(current, version);
        one.tried = undefined;
        this.fail(name, one, error);
      }
      return;
    }
    const { candidates, count } = wantedOf([...found.versions.keys()], config.versions);
    const wanted: number[] = [];
    let ready = 0;
    for (const version of candidates) {
      if (ready === count) break;
      if (this.isClosed) return;
      await this.bringUpVersion(name, current, found.versions.get(version)!);
      wanted.push(version);
      if (current.versions.get(version)!.loaded) ready++;
    }
    const areReady = ready === count;
    for (const version of new Set([...current.versions.keys(), ...found.versions.keys()])) {
      if (wanted.includes(version)) continue;
      const isThere = found.versions.has(version);
      const one = versionOf(current, version);
      one.error = undefined;
      one.tried = undefined;
      // What cannot be replaced yet serves on.
      if (one.loaded && !areReady) continue;
      void this.withdraw(
        name,
        one,
        isThere ? 'its configuration does not have it serve.' : 'it was removed.',
        this.settings.grace,
      );
      if (!isThere) current.versions.delete(version);
    }
  }

  private async bringUpVersion(name: string, model: Model, version: FoundVersion): Promise<void> {
    const one = versionOf(model, version.version);
    if (one.tried === `${model.found.stamp}\n${version.stamp}`) return;
    if (one.loaded && version.failure !== undefined) return;
    let [found, now] = [model.found, version];
    for (let attempt = 1; ; attempt++) {
      if (!one.loaded) {
        one.state = 'LOADING';
        one.reason = 'it is being loaded.';
        this.tell(name, one);
      }
      let loaded: LoadedVersion | undefined;
      let error: unknown;
      try {
        if (now.failure !== undefined) throw failed(now.failure);
        one.config = await configOf(found, this.settings.defaults);
        loaded = await loadVersion(found, now, one.config, this.bytesFor(one.config));
      } catch (cause) {
        error = cause;
      }
      const after = (await this.scan().catch(() => undefined))?.models.get(name);
      const there = after?.versions.get(version.version);
      const isSame = there?.stamp === now.stamp && after?.stamp === found.stamp;
      // What was read may be of two files, in parts; what is there now has a look of its own.
      if (!isSame) {
        await loaded?.batched.release();
        if (after && there && attempt < mostTries && !this.isClosed) {
          [found, now] = [after, there];
          continue;
        }
        one.tried = undefined;
        this.fail(name, one, new GdwsError('MODEL_UNREADABLE', 'its files change while they are read.'));
        this.lookAfter(this.settings.settle);
        return;
      }
      one.tried = `${found.stamp}\n${now.stamp}`;
      if (this.isClosed) return void (await loaded?.batched.release());
      if (!loaded) return this.fail(name, one, error);
      const before = one.serve(loaded);
      this.tell(name, one);
      if (before) void this.retire(before, this.settings.grace);
      return;
    }
  }

  private fail(name: string, one: ServedVersion, error: unknown): void {
    one.fail(error, reasonOf(error, this.paths));
    this.tell(name, one);
  }

  /** Memory that a version may have beside all that serve and retire. */
  private bytesFor({ memoryBytes = Infinity }: ModelConfig): number {
    let used = this.retiringBytes;
    for (const { versions } of this.models.values()) {
      for (const { loaded } of versions.values()) used += loaded?.memoryBytes ?? 0;
    }
    return Math.min(memoryBytes, this.settings.memoryBytes - used);
  }

  /** A version serves no more; resolves once it is released. */
  private async withdraw(name: string, one: ServedVersion, reason: string, grace: number): Promise<void> {
    const loaded = one.withdraw(one.loaded ? 'UNLOADING' : 'UNAVAILABLE', reason);
    if (!loaded) return;
    this.tell(name, one);
    await this.retire(loaded, grace);
    if (one.state !== 'UNLOADING') return;
    one.state = 'UNAVAILABLE';
    this.tell(name, one);
  }

  /** Lets those who found a version ask it for a while, answers what it took, and releases it. */
  private retire(loaded: LoadedVersion, grace: number): Promise<void> {
    const bytes = loaded.memoryBytes;
    this.retiringBytes += bytes;
    const end = async () => {
      if (grace > 0) await wait(grace, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
      await loaded.batched.drain();
      await loaded.batched.release();
      this.retiringBytes -= bytes;
      this.retryForMemory();
    };
    const ending: Promise<void> = end().finally(() => this.retiring.delete(ending));
    this.retiring.add(ending);
    return ending;
  }

  /** What did not fit into memory may fit now, if there is more than there was then. */
  private retryForMemory(): void {
    for (const { versions } of this.models.values()) {
      for (const one of versions.values()) {
        if (one.error instanceof NoRoomError && one.error.left < this.bytesFor(one.config)) one.tried = undefined;
      }
    }
    this.lookAfter(briefly);
  }

  private tell(name: string, one: ServedVersion): void {
    const news = `${one.state} ${one.reason}`;
    if (one.told === news) return;
    one.told = news;
    this.tellEntry(entryOf(name, one));
  }

  private tellEntry(entry: IndexEntry): void {
    const { onChange } = this.settings;
    // What it throws is not the repository's.
    if (onChange) queueMicrotask(() => onChange(entry));
  }

  private modelOf(name: string): Model {
    const model = this.models.get(name);
    if (model) return model;
    const entry = this.unknown.get(name);
    if (entry) throw new GdwsError('MODEL_NOT_READY', `the model '${name}' does not serve: ${entry.reason}`);
    throw new GdwsError('MODEL_UNKNOWN', `there is no model '${name}'.`, {
      remedy: suggestName(name, [...this.models.keys()], 'Models'),
    });
  }

  private servedOf(name: string, model: Model, { version, loaded }: ServedVersion): ServedModel {
    const { batched, recipe, labels } = loaded!;
    const versions = readyOf(model).map((one) => String(one.version));
    return {
      ...{ name, version: String(version), versions, batched, recipe, labels },
      get memoryBytes() {
        return loaded!.memoryBytes;
      },
    };
  }

  private checkOpen(): void {
    if (this.isClosed) throw new GdwsError('SERVER_CLOSING', 'the models are being released.');
  }

  private fixed(what: string): GdwsError {
    return new GdwsError(
      'ARGUMENT_INVALID',
      `in control '${this.settings.control}', the folder says what is loaded: there is no ${what}.`,
      {
        remedy: "Open the repository with control: 'explicit'.",
      },
    );
  }
}

function versionOf(model: Model, version: number): ServedVersion {
  const known = model.versions.get(version) ?? new ServedVersion(version);
  model.versions.set(version, known);
  return known;
}

/** A folder cannot be read. */
function failed(cause: unknown): GdwsError {
  const summary = `its folder cannot be read: ${(cause as Error).message}.`;
  return new GdwsError('MODEL_UNREADABLE', summary, { remedy: 'Let the server read it.', cause });
}

const sorted = ({ versions }: Model) => [...versions.values()].sort((one, other) => one.version - other.version);
const readyOf = (model: Model) => sorted(model).filter(({ loaded }) => loaded !== undefined);

function entryOf(name: string, { version, state, reason }: ServedVersion): IndexEntry {
  return { name, version: String(version), state, reason };
}

function stampOf({ stamp, versions }: FoundModel): string {
  return [stamp, ...[...versions].map(([version, one]) => `${version}=${one.stamp}`)].join('\n');
}

/** Of the versions that are there: those that may serve, in the order in which they are tried, and how many of them are to. */
function wantedOf(
  there: readonly number[],
  policy: VersionPolicy = { latest: 1 },
): { candidates: readonly number[]; count: number } {
  const newestFirst = [...there].sort((one, other) => other - one);
  if (typeof policy === 'object' && 'latest' in policy) {
    return { candidates: newestFirst, count: Math.min(policy.latest, there.length) };
  }
  const candidates = policy === 'all' ? newestFirst : newestFirst.filter((version) => policy.includes(version));
  return { candidates, count: candidates.length };
}
