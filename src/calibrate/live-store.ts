import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { native, type HeldMemory } from '../addon/native';
import { GdwsError } from '../base/errors';
import { nativeArrayOf, type NativeArray, type NativeType } from '../program/element-type';

/** A value in memory, at an offset of the store's file, or computed whenever it is read. */
export interface StoredValue {
  readonly type: NativeType;
  readonly bytes: number;
  readonly memory?: HeldMemory;
  readonly offset?: number;
  readonly make?: () => Promise<NativeArray>;
}

/**
 * Values to be read later, in memory up to a limit and then in a temporary file, which has no name where the system allows
 * it. Released space is used again by values of the same size.
 */
export class LiveStore {
  private readonly freeMemory = new Map<number, HeldMemory[]>();
  private readonly freeOffsets = new Map<number, number[]>();
  private readonly spareBuffers = new Map<number, ArrayBuffer>();
  private memoryBytes = 0;
  private fileBytes = 0;
  private file: fs.FileHandle | undefined;
  private fileName: string | undefined;

  /** @param limit bytes to hold in memory */
  constructor(private readonly limit: number) {}

  /** Reserves space for a value. */
  async reserve({ type, bytes }: Pick<StoredValue, 'type' | 'bytes'>): Promise<StoredValue> {
    const free = this.freeMemory.get(bytes)?.pop();
    if (free) return { type, bytes, memory: free };
    if (this.memoryBytes + bytes > this.limit) this.forgetFreeMemory();
    if (this.memoryBytes + bytes <= this.limit) {
      this.memoryBytes += bytes;
      return { type, bytes, memory: native().holdMemory(bytes) };
    }
    await this.open();
    const offset = this.freeOffsets.get(bytes)?.pop();
    if (offset !== undefined) return { type, bytes, offset };
    this.fileBytes += bytes;
    return { type, bytes, offset: this.fileBytes - bytes };
  }

  /** Writes a value to its space in the file. */
  async write({ bytes, offset }: StoredValue, data: ArrayBuffer): Promise<void> {
    const view = new Uint8Array(data, 0, bytes);
    for (let done = 0; done < bytes;) {
      try {
        done += (await this.file!.write(view, done, bytes - done, offset! + done)).bytesWritten;
      } catch (cause) {
        throw new GdwsError('OUT_OF_MEMORY', `what calibration keeps cannot be written: ${(cause as Error).message}.`, {
          file: this.fileName,
          remedy: 'Give fewer images, more memory, or a TMPDIR with more room.',
          cause,
        });
      }
    }
  }

  /** The value, for one program to read; call `done` after. */
  async read(stored: StoredValue): Promise<{ value: HeldMemory | NativeArray; done: () => void }> {
    const { type, bytes, memory, offset, make } = stored;
    const nothing = () => undefined;
    if (memory) return { value: memory, done: nothing };
    if (make) return { value: await make(), done: nothing };
    const buffer = this.spareBuffers.get(bytes) ?? new ArrayBuffer(bytes);
    this.spareBuffers.delete(bytes);
    const view = new Uint8Array(buffer);
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await this.file!.read(view, done, bytes - done, offset! + done);
      if (bytesRead === 0)
        throw new GdwsError('INTERNAL', 'the temporary file was cut short.', { file: this.fileName });
      done += bytesRead;
    }
    return { value: new nativeArrayOf[type](buffer), done: () => this.spareBuffers.set(bytes, buffer) };
  }

  /** Allows its space to be used again. */
  release({ bytes, memory, offset }: StoredValue): void {
    const free = <Place>(places: Map<number, Place[]>, place: Place) => {
      const list = places.get(bytes);
      if (list) list.push(place);
      else places.set(bytes, [place]);
    };
    if (memory) free(this.freeMemory, memory);
    else if (offset !== undefined) free(this.freeOffsets, offset);
  }

  async close(): Promise<void> {
    await this.file?.close();
    if (this.fileName !== undefined) await fs.rm(this.fileName, { force: true });
    this.file = undefined;
  }

  /** Gives unused memory back to the system. */
  private forgetFreeMemory(): void {
    for (const [bytes, free] of this.freeMemory) this.memoryBytes -= bytes * free.length;
    this.freeMemory.clear();
  }

  private async open(): Promise<void> {
    if (this.file) return;
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-'));
    const name = path.join(folder, 'values');
    this.file = await fs.open(name, 'wx+', 0o600);
    // An open file without a name is deleted when the process ends, in any way.
    await fs.rm(folder, { recursive: true }).catch(() => (this.fileName = name));
  }
}
