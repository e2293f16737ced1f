import fs from 'node:fs/promises';
import path from 'node:path';

/** A version of a model as it lies in the folder. */
export interface FoundVersion {
  readonly version: number;
  /** Its model file, with links resolved. */
  readonly file: string;
  /** Of all its files: another one means that they have changed. */
  readonly stamp: string;
  /** When they last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** Why its folder cannot be read: nothing is known of its files then. */
  readonly failure?: unknown;
}

/** A model as it lies in the folder. */
export interface FoundModel {
  readonly name: string;
  /** Files beside the versions, as `config.json`, by name; with links resolved. */
  readonly files: ReadonlyMap<string, string>;
  readonly versions: ReadonlyMap<number, FoundVersion>;
  /** Of its configuration and labels. */
  readonly stamp: string;
  readonly changed: number;
}

/** What a scan saw. */
export interface Scan {
  readonly models: ReadonlyMap<string, FoundModel>;
  /** Names of models whose folders could not be read, and why: nothing is known of them. */
  readonly unreadable: ReadonlyMap<string, unknown>;
  /** All folders that were looked into. */
  readonly folders: readonly string[];
}

/** Names of models: safe in addresses, file systems and logs. */
const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const versionName = /^[1-9]\d{0,14}$/;
const flatName = /^(.+)\.onnx$/;

export const isModelName = (name: string) => modelName.test(name);

/**
 * Looks for models: `<name>/<version>/model.onnx` and `<name>.onnx`. What has another name, is no regular file, or is a link that leads out
 * of the folder is no model.
 *
 * @param single name of the one model that the folder itself is: `model.onnx`, or `<version>/model.onnx`
 * @throws errors of the file system, where the folder itself cannot be read
 */
export async function scanFolder(folder: string, single?: string): Promise<Scan> {
  const root = await fs.realpath(folder);
  const folders = [root];
  const models = new Map<string, FoundModel>();
  const unreadable = new Map<string, unknown>();
  const names = (await fs.readdir(root)).sort();
  if (single !== undefined) {
    const model = await modelIn(root, root, single, folders);
    if (model.versions.size > 0) models.set(single, model);
    return { models, unreadable, folders };
  }
  for (const entry of names) {
    const flat = flatName.exec(entry)?.[1];
    const name = flat ?? entry;
    if (!isModelName(name)) continue;
    let isFolder: boolean | undefined;
    try {
      const target = await within(root, path.join(root, entry));
      if (target === undefined) continue;
      const stats = await fs.stat(target);
      isFolder = stats.isDirectory();
      if (isFolder && isModelName(entry)) {
        const model = await modelIn(root, target, entry, folders);
        if (model.versions.size > 0) models.set(entry, model);
      } else if (stats.isFile() && flat !== undefined && !models.has(flat)) {
        const version = { version: 1, file: target, ...(await stampOf([target])) };
        models.set(flat, { name: flat, files: new Map(), versions: new Map([[1, version]]), stamp: '', changed: 0 });
      }
    } catch (error) {
      // It may just have been removed.
      if (isMissing(error)) continue;
      // Where it is not known whether it is a folder or a file, models of either name stay.
      if (isFolder !== false) unreadable.set(entry, error);
      if (isFolder !== true) unreadable.set(name, error);
    }
  }
  return { models, unreadable, folders };
}

async function modelIn(root: string, folder: string, name: string, folders: string[]): Promise<FoundModel> {
  if (folder !== root) folders.push(folder);
  const versions = new Map<number, FoundVersion>();
  const files = new Map<string, string>();
  for (const entry of (await fs.readdir(folder)).sort()) {
    const target = await within(root, path.join(folder, entry));
    if (target === undefined) continue;
    const stats = await statIfThere(target);
    if (stats?.isDirectory() && versionName.test(entry)) {
      folders.push(target);
      const version = await versionIn(root, target, Number(entry));
      if (version) versions.set(version.version, version);
    } else if (stats?.isFile()) files.set(entry, target);
  }
  // A folder that is one model: all its files may belong to version 1.
  const isFlat = folder === root && !versions.has(1);
  const flat = isFlat ? await versionOf(root, folder, 1, [...files.values()]) : undefined;
  if (flat) versions.set(1, flat);
  const beside = [...files].flatMap(([entry, file]) => (entry.endsWith('.onnx') ? [] : [file]));
  return { name, files, versions, ...(await stampOf(beside)) };
}

async function versionIn(root: string, folder: string, version: number): Promise<FoundVersion | undefined> {
  try {
    const files: string[] = [];
    for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() || entry.isSymbolicLink()) files.push(path.join(entry.parentPath, entry.name));
    }
    return await versionOf(root, folder, version, files.sort());
  } catch (failure) {
    if (isMissing(failure)) return undefined;
    return { version, file: folder, stamp: `unreadable: ${String(failure)}`, changed: 0, failure };
  }
}

async function versionOf(
  root: string,
  folder: string,
  version: number,
  files: readonly string[],
): Promise<FoundVersion | undefined> {
  const file = await within(root, path.join(folder, 'model.onnx'));
  if (file === undefined || !(await statIfThere(file))?.isFile()) return undefined;
  return { version, file, ...(await stampOf([file, ...files])) };
}

/** The path with links resolved, where it exists and lies in the folder. */
async function within(root: string, file: string): Promise<string | undefined> {
  try {
    const target = await fs.realpath(file);
    const relative = path.relative(root, target);
    const isOutside = relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
    return isOutside ? undefined : target;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What shows that files are others, or were written to: by the times of their state, which copying does not preserve. */
async function stampOf(files: readonly string[]): Promise<{ stamp: string; changed: number }> {
  let changed = 0;
  const parts: string[] = [];
  for (const file of files) {
    const stats = await statIfThere(file);
    if (!stats) continue;
    parts.push([file, stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(':'));
    changed = Math.max(changed, stats.mtimeMs, stats.ctimeMs);
  }
  return { stamp: parts.join('\n'), changed };
}

async function statIfThere(file: string) {
  try {
    return await fs.stat(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
}
