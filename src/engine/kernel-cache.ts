import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildOfAddon, native, type MeasuredKernels } from '../native';

const format = 1;
/** Beyond these, the oldest are forgotten. */
const mostEntries = 10_000;
const mostBytes = 8 << 20;

/** What the times in a cache file depend on, apart from shapes and threads. */
interface Subject {
  readonly format: number;
  /** Of the addon: its kernels are what was measured. */
  readonly build: string;
  readonly processor: string;
  readonly instructionSet: string;
}

/**
 * Measured kernels on disk: one JSON file for each processor model and instruction set, in the folder `gdws` of the
 * user's cache (`$XDG_CACHE_HOME`, else `~/.cache`), or in `$GDWS_CACHE_DIR`. A file that is missing, damaged or of
 * another build counts as empty, and one that cannot be written is left. Processes may use it at once: files appear
 * whole, and of what two write at the same moment one may be lost, to be measured again.
 */
export class KernelCache {
  constructor(
    private readonly file: string | undefined,
    private readonly subject: Subject,
  ) {}

  static ofThisMachine(): KernelCache {
    const subject = {
      format,
      build: buildOfAddon(),
      processor: os.cpus()[0]?.model.trim() ?? os.arch(),
      instructionSet: native.instructionSet,
    };
    const name = `${subject.processor}-${subject.instructionSet}`.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
    const folder = cacheFolder();
    return new KernelCache(folder && path.join(folder, `kernels-${name}.json`), subject);
  }

  read(): MeasuredKernels {
    if (this.file === undefined) return {};
    try {
      const { size } = fs.statSync(this.file);
      if (size > mostBytes) return {};
      const { kernels, ...subject } = JSON.parse(fs.readFileSync(this.file, 'utf8')) as Subject & { kernels: unknown };
      const same = Object.entries(this.subject).every(([key, value]) => subject[key as keyof Subject] === value);
      return same && isMeasuredKernels(kernels) ? kernels : {};
    } catch {
      return {};
    }
  }

  /** Adds to what the file holds now, which other processes may have written. */
  add(kernels: MeasuredKernels): void {
    if (this.file === undefined || Object.keys(kernels).length === 0) return;
    const entries = Object.entries({ ...this.read(), ...kernels }).slice(-mostEntries);
    const text = JSON.stringify({ ...this.subject, kernels: Object.fromEntries(entries) }, undefined, 1);
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

function isMeasuredKernels(kernels: unknown): kernels is MeasuredKernels {
  return (
    typeof kernels === 'object' &&
    kernels !== null &&
    !Array.isArray(kernels) &&
    Object.values(kernels).every((name) => typeof name === 'string')
  );
}
