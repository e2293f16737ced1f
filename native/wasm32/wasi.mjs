// What the C library asks of the system (WASI preview 1): time, environment variables, and where its last words go.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md

const success = 0;
const badDescriptor = 8;

/**
 * @param environment lines as `GDWS_TUNING=off`
 */
export class Wasi {
  /** @type {WebAssembly.Memory | undefined} */
  #memory;
  #environment;

  constructor(environment) {
    this.#environment = environment.map((line) => new TextEncoder().encode(`${line}\0`));
  }

  get #view() {
    return new DataView(this.#memory.buffer);
  }

  initialize(instance) {
    this.#memory = instance.exports.memory;
    instance.exports._initialize();
  }

  getImportObject() {
    return { wasi_snapshot_preview1: this.wasiImport };
  }

  wasiImport = {
    environ_sizes_get: (count, bytes) => {
      this.#view.setUint32(count, this.#environment.length, true);
      this.#view.setUint32(bytes, this.#environment.reduce((sum, line) => sum + line.length, 0), true);
      return success;
    },
    environ_get: (addresses, bytes) => {
      for (const [i, line] of this.#environment.entries()) {
        this.#view.setUint32(addresses + 4 * i, bytes, true);
        new Uint8Array(this.#memory.buffer).set(line, bytes);
        bytes += line.length;
      }
      return success;
    },
    clock_time_get: (clock, precision, time) => {
      const milliseconds = clock === 0 ? Date.now() : performance.now();
      this.#view.setBigUint64(time, BigInt(Math.round(milliseconds * 1e6)), true);
      return success;
    },
    // There are no files but the standard streams.
    fd_close: () => badDescriptor,
    fd_fdstat_get: () => badDescriptor,
    fd_seek: () => badDescriptor,
    fd_read: () => badDescriptor,
    fd_prestat_get: () => badDescriptor,
    fd_prestat_dir_name: () => badDescriptor,
    fd_write: (descriptor, parts, count, written) => {
      let total = 0;
      let text = '';
      for (let i = 0; i < count; ++i) {
        const address = this.#view.getUint32(parts + 8 * i, true);
        const bytes = this.#view.getUint32(parts + 8 * i + 4, true);
        text += new TextDecoder().decode(new Uint8Array(this.#memory.buffer, address, bytes));
        total += bytes;
      }
      console.error(text);
      this.#view.setUint32(written, total, true);
      return success;
    },
    proc_exit: (code) => {
      throw new Error(`the engine ended with code ${code}`);
    },
  };
}
