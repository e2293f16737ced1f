import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { native } from '../addon/native';
import { GdwsError } from '../base/errors';
import type { Move } from '../onnx/align';
import { chunkBytes, openRegularSync } from '../onnx/regular-file';

const read = promisify(fs.read);

/** Bytes that are read in a few milliseconds, even into fresh pages, where the system has the file in memory. */
const partBytes = 2 << 20;

/** Closes the files of memory that is collected without {@link FileMemory.close}. */
const dropped = new FinalizationRegistry<number>((descriptor) => fs.closeSync(descriptor));

/**
 * The bytes of a file, in memory that can be given back to the system and restored from the file, which stays open. The file
 * may be removed in between, but not changed.
 */
export class FileMemory {
  readonly bytes: Uint8Array;
  /** Moves within the bytes after they were read, which are repeated whenever the bytes are restored. */
  moves: readonly Move[] = [];
  private complete = false;
  /** Counts restorations and discards, so that a restoration in parts sees that another call intervened. */
  private changes = 0;

  private constructor(
    private readonly file: string,
    private descriptor: number | undefined,
    private readonly content: fs.Stats,
    /** Buffer of the bytes, as the addon allocated it. */
    readonly pages: ArrayBuffer,
  ) {
    this.bytes = new Uint8Array(pages, 0, content.size);
    dropped.register(this, descriptor!, this);
  }

  /**
   * @param check called with the number of bytes before they are read
   * @returns undefined where the runtime does not support such memory
   * @throws GdwsError MODEL_UNREADABLE, OUT_OF_MEMORY, and what `check` throws
   */
  static async read(file: string, check: (bytes: number) => void = () => undefined): Promise<FileMemory | undefined> {
    let descriptor: number | undefined, memory: FileMemory | undefined;
    try {
      descriptor = openRegularSync(file);
      const content = fs.fstatSync(descriptor);
      check(content.size);
      const pages = native().allocatePages(content.size);
      if (!pages) {
        fs.closeSync(descriptor);
        return undefined;
      }
      memory = new FileMemory(file, descriptor, content, pages);
      for (let at = 0; at < content.size;) {
        const length = Math.min(chunkBytes, content.size - at);
        at += progress((await read(descriptor, memory.bytes, at, length, at)).bytesRead);
      }
      memory.complete = true;
      return memory;
    } catch (cause) {
      if (memory) memory.close();
      else if (descriptor !== undefined) fs.closeSync(descriptor);
      throw unreadable(file, cause as Error);
    }
  }

  /** Marks the bytes as lost: pages have been, or are about to be, given back. */
  discard(): void {
    this.complete = false;
    this.changes++;
  }

  /**
   * Restores the bytes, in parts between which the event loop runs. They are valid until the next {@link discard}.
   *
   * @throws GdwsError MODEL_UNREADABLE where the file has changed
   */
  async restore(): Promise<void> {
    while (!this.complete) {
      const { changes } = this;
      const parts = this.parts();
      while (this.changes === changes && !parts.next().done) await setImmediate();
    }
  }

  /** As {@link restore}, synchronously. */
  restoreSync(): void {
    if (this.complete) return;
    const parts = this.parts();
    while (!parts.next().done);
  }

  /** Restores the bytes part by part. Once another restoration or a discard intervenes, the rest must not be run. */
  private *parts(): Generator<void> {
    try {
      if (this.descriptor === undefined) throw new Error('it is closed');
      const { size, mtimeMs } = fs.fstatSync(this.descriptor);
      if (size !== this.content.size || mtimeMs !== this.content.mtimeMs) {
        throw new Error('it was changed since the session was made, and its weights are needed again');
      }
      for (let at = 0; at < size;) {
        if (at > 0) yield;
        at += progress(fs.readSync(this.descriptor, this.bytes, at, Math.min(partBytes, size - at), at));
      }
    } catch (cause) {
      throw unreadable(this.file, cause as Error);
    }
    for (const { from, to, length } of this.moves) this.bytes.copyWithin(to, from, from + length);
    this.complete = true;
    this.changes++;
  }

  /** Closes the file; discarded bytes cannot be restored after. Safe to call again. */
  close(): void {
    if (this.descriptor === undefined) return;
    dropped.unregister(this);
    fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

function progress(bytesRead: number): number {
  if (bytesRead === 0) throw new Error('it became shorter while it was read');
  return bytesRead;
}

function unreadable(file: string, cause: Error & { code?: string }): GdwsError {
  if (cause instanceof GdwsError) return cause;
  if (cause.code === 'OUT_OF_MEMORY')
    return new GdwsError(cause.code, 'there is no room for the file.', { file, cause });
  return new GdwsError('MODEL_UNREADABLE', `the file cannot be read: ${cause.message}.`, { file, cause });
}
