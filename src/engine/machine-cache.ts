import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildOfAddon, native } from '../addon/native';

const format = 1;
const maxBytes = 8 << 20;

/** What the times in a cache file depend on, apart from the key of an entry. */
interface Subject {
  readonly format: number;
  /** Of the addon: its kernels are what was measured. */
  readonly build: string;
  readonly processor: string;
  readonly instructionSet: string;
}

/** What a cache holds. */
export interface CacheContent<Entry> {
  /** Begins the file's name, and names the entries in it. */
  readonly name: string;
  readonly isEntry: (entry: unknown) => entry is Entry;
  /** Beyond these, the oldest are forgotten. */
  readonly maxEntries: number;
}

/**
 * What was measured on this machine, on disk: one JSON file for each processor model and instruction set, in the folder `gdws` of
 * the user's cache (`$XDG_CACHE_HOME`, else `~/.cache`), or in `$GDWS_CACHE_DIR`. A file that is missing, damaged or of
 * another build counts as empty, and one that cannot be written is left. Processes may use it at once: files appear
 * whole, and of what two write at the same moment one may be lost, to be measured again.
 */
export class MachineCache<Entry> {
  private readonly subject: Subject = {
    format,
    build: buildOfAddon(),
    processor: os.cpus()[0]?.model.trim() ?? os.arch(),
    instructionSet: native().instructionSet,
  };
  private readonly file: string | undefined;

  constructor(private readonly content: CacheContent<Entry>) {
    const { processor, instructionSet } = this.subject;
    const machine = `${processor}-${instructionSet}`.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
    const folder = cacheFolder();
    this.file = folder && path.join(folder, `${content.name}-${machine}.json`);
  }

  /** All entries by key. */
  read(): Readonly<Record<string, Entry>> {
    if (this.file === undefined) return {};
    const { name, isEntry } = this.content;
    try {
      const { size } = fs.statSync(this.file);
      if (size > maxBytes) return {};
      const { [name]: entries, ...subject } = JSON.parse(fs.readFileSync(this.file, 'utf8')) as Record<string, unknown>;
      const same = Object.entries(this.subject).every(([key, value]) => subject[key] === value);
      return same && isRecordOf(entries, isEntry) ? entries : {};
    } catch {
      return {};
    }
  }

  /** Adds to what the file holds now, which other processes may have written. */
  add(added: Readonly<Record<string, Entry>>): void {
    if (this.file === undefined || Object.keys(added).length === 0) return;
    const { name, maxEntries } = this.content;
    const kept = Object.entries(this.read()).filter(([key]) => !(key in added));
    const entries = [...kept, ...Object.entries(added)].slice(-maxEntries);
    const text = JSON.stringify({ ...this.subject, [name]: Object.fromEntries(entries) }, undefined, 1);
    const temporary = `${this.file}.${randomUUID()}`;
    try {
      fs.mkdirSync(path.dirname(this.file), { recursive: true });
      fs.writeFileSync(temporary, text, { flag: 'wx' });
      fs.renameSync(temporary, this.file);
    } catch {
      removeIfPresent(temporary);
    }
  }
}

function removeIfPresent(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // It was never made, or the folder is gone.
  }
}

function cacheFolder(): string | undefined {
  const { GDWS_CACHE_DIR: own, XDG_CACHE_HOME: users } = process.env;
  if (own) return path.resolve(own);
  // The XDG specification has relative paths ignored.
  if (users && path.isAbsolute(users)) return path.join(users, 'gdws');
  try {
    return path.join(os.homedir(), '.cache', 'gdws');
  } catch {
    return undefined;
  }
}

function isRecordOf<Entry>(
  entries: unknown,
  isEntry: (entry: unknown) => entry is Entry,
): entries is Record<string, Entry> {
  return (
    typeof entries === 'object' &&
    entries !== null &&
    !Array.isArray(entries) &&
    Object.values(entries).every((entry) => isEntry(entry))
  );
}
