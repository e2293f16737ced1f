// onnxruntime-node in Node of this machine (host.cjs), for tests in an emulator that its library does not run in: QEMU 7.2 ends by
// SIGSEGV while it is loaded. A program that QEMU starts runs without QEMU.
const { fork } = require('node:child_process');
const path = require('node:path');
const common = require('onnxruntime-common');
const { arrayOfType } = require('../../../src/onnx/value');

let host;
let asked = 0;
const waiting = new Map();

function start() {
  const execPath = process.env.GDWS_HOST_NODE;
  host = fork(path.join(__dirname, 'host.cjs'), { execPath, execArgv: [], serialization: 'advanced' });
  host.on('message', settle);
  host.on('exit', (code, signal) => {
    for (const id of waiting.keys()) settle({ id, error: `onnxruntime ended with ${signal ?? code}` });
  });
}

/** The answer to what was asked under a number. */
function settle({ id, result, error }) {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  hold();
  if (error === undefined) resolve(result);
  else reject(new Error(error));
}

/** The process may end while nothing is asked. */
function hold() {
  const change = waiting.size > 0 ? 'ref' : 'unref';
  host[change]();
  host.channel?.[change]();
}

function ask(method, ...args) {
  if (!host) start();
  return new Promise((resolve, reject) => {
    const id = asked++;
    waiting.set(id, { resolve, reject });
    hold();
    try {
      host.send({ id, method, args });
    } catch ({ message }) {
      // What cannot be in a message is no argument either.
      settle({ id, error: message });
    }
  });
}

const plain = ({ type, dims, data }) => ({ type, dims: [...dims], data });
const isTensor = (value) => value?.dims !== undefined;
/** Feeds or fetches as messages have them; options are as they were. */
const plainAll = (values) => {
  if (Array.isArray(values) || typeof values !== 'object' || values === null) return values;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isTensor(value) ? plain(value) : value]),
  );
};

/** A tensor of this realm, which that of jest's tests is. */
function tensorOf({ type, dims, data }) {
  const own = type === 'string' ? data : new arrayOfType[type](data.buffer, data.byteOffset, data.length);
  return new common.Tensor(type, own, dims);
}

/** A result, in the tensor that was given for it, if one was. */
function filled(given, result) {
  if (!isTensor(given)) return result;
  given.data.set(result.data);
  return given;
}

class InferenceSession {
  static async create(...args) {
    return Object.assign(new InferenceSession(), await ask('create', ...args));
  }

  async run(feeds, ...others) {
    const results = await ask('run', this.session, ...[feeds, ...others].map(plainAll));
    const [fetches] = others;
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, filled(fetches?.[name], tensorOf(value))]),
    );
  }

  release() {
    return ask('release', this.session);
  }
}

module.exports = { ...common, InferenceSession };
Object.defineProperty(module.exports, '__esModule', { value: true });
