import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildOfAddon, native } from '../addon/native';

const format = 1;
const maxBytes = 8 << 20;

/** Conditions that the times in a cache file depend on, in addition to the key of an entry. */
interface Subject {
  readonly format: number;
  /** Build of the addon, whose kernels were measured. */
  readonly build: string;
  readonly processor: string;
  readonly instructionSet: string;
}

/** Content of a cache. */
export interface CacheContent<Entry> {
  /** Prefix of the file's name, and key of the entries in it. */
  readonly name: string;
  readonly isEntry: (entry: unknown) => entry is Entry;
  /** Limit of the entries; the oldest are removed. */
  readonly maxEntries: number;
}

/**
 * Measurements of this machine, on disk: one JSON file for each processor model and instruction set, in the folder `gdws` of the
 * user's cache (`$XDG_CACHE_HOME`, or `~/.cache`), or in `$GDWS_CACHE_DIR`. A file that is missing, damaged or of another build
 * counts as empty; errors of writing are ignored. Several processes may use it at once: files are replaced atomically, and of
 * two simultaneous writes one may be lost.
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

  /** Adds entries to those in the file, which other processes may have written. */
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
    // It was never made, or the folder was removed.
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
