import type { GdwsError } from '../../base/errors';
import type { LoadedVersion } from './load-version';
import type { ModelConfig } from './model-config';
import type { ModelState } from './model-repository';

/** A version of a model: what serves, and how far what lies in the folder has come. */
export class ServedVersion {
  state: ModelState = 'LOADING';
  reason = '';
  /** Stamp of the files that were tried last. */
  tried: string | undefined;
  /** Why they cannot be served. */
  error: unknown;
  /** The configuration that they were tried with. */
  config: ModelConfig = {};
  loaded: LoadedVersion | undefined;
  /** What was last told of it. */
  told = '';

  constructor(readonly version: number) {}

  /** New files serve. Returns what served before. */
  serve(loaded: LoadedVersion): LoadedVersion | undefined {
    const before = this.loaded;
    this.loaded = loaded;
    this.state = 'READY';
    this.reason = '';
    this.error = undefined;
    return before;
  }

  /** New files do not serve; what serves stays. */
  fail(error: unknown, reason: string): void {
    this.error = error;
    if (this.loaded) this.reason = `the files that replaced it are not served: ${reason}`;
    else {
      this.state = 'UNAVAILABLE';
      this.reason = reason;
    }
  }

  /** Serves no more. Returns what served. */
  withdraw(state: ModelState, reason: string): LoadedVersion | undefined {
    const before = this.loaded;
    this.loaded = undefined;
    this.reason = reason;
    // What was withdrawn before may still have answers to give.
    if (before || this.state !== 'UNLOADING') this.state = state;
    return before;
  }
}

/** What an error says, without paths: index entries are shown to clients. */
export function reasonOf(error: unknown, folders: readonly string[]): string {
  const { summary, remedy, message } = error as Partial<GdwsError>;
  const text = summary === undefined ? (message ?? String(error)) : [summary, remedy].filter(Boolean).join(' ');
  return folders.reduce((shorter, folder) => shorter.replaceAll(folder, '…'), text);
}
