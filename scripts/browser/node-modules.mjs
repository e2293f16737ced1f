// What stands for Node's modules in browsers: as much of them as sessions and compressions of bytes need. There are no files.

const noFiles = () => {
  throw new Error('There are no files in browsers: give the bytes of the model.');
};

// node:fs, node:fs/promises
export const existsSync = () => false;
export const statSync = noFiles;
export const readFileSync = noFiles;
export const writeFileSync = noFiles;
export const renameSync = noFiles;
export const rmSync = noFiles;

// node:path
export function normalize(path) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/') || '.';
}
const join = (...parts) => normalize(parts.join('/'));
const dirname = (path) => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '.';
const resolve = (...parts) => join('/', ...parts);

// node:os: WebAssembly's memory has at most four gigabytes.
const totalmem = () => 2 ** 32;

// node:util
export const types = {
  isRegExp: (value) => value instanceof RegExp,
  isNativeError: (value) => value instanceof Error,
};
export const promisify = () => noFiles;

// node:v8
const getHeapStatistics = () => {
  const { jsHeapSizeLimit = 2 ** 32, usedJSHeapSize = 0 } = globalThis.performance.memory ?? {};
  return { heap_size_limit: jsHeapSizeLimit, used_heap_size: usedJSHeapSize };
};

// node:worker_threads, node:module
export const threadId = 0;
export const createRequire = noFiles;

// node:timers/promises
const turns = new globalThis.MessageChannel();
const waiting = [];
turns.port1.onmessage = () => waiting.shift()();
function later(call) {
  waiting.push(call);
  turns.port2.postMessage(0);
}
export const setImmediate = (value) => new Promise((resolve) => later(() => resolve(value)));
export const setTimeout = (milliseconds, value) =>
  new Promise((resolve) => globalThis.setTimeout(() => resolve(value), milliseconds));

// node:crypto
export const randomUUID = () => globalThis.crypto.randomUUID();
export { createHash } from './sha256.mjs';

export default {
  constants: {},
  existsSync,
  statSync,
  readFileSync,
  posix: { normalize },
  join,
  dirname,
  resolve,
  totalmem,
  getHeapStatistics,
};

/** The global objects of Node that are used. */
export const globals = {
  process: {
    env: {},
    argv: [],
    pid: 0,
    platform: 'browser',
    arch: 'wasm32',
    constrainedMemory: () => 0,
    emitWarning: (text) => globalThis.console.warn(text),
  },
  setImmediate: (call) => {
    later(call);
    return { unref() {} };
  },
  Buffer: {
    /** Of bytes, whose toString('latin1') is a character each. */
    from: (buffer, offset, length) => ({
      toString: () => Array.from(new Uint8Array(buffer, offset, length), (code) => String.fromCharCode(code)).join(''),
    }),
  },
};
