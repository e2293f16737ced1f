import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { native, type Native, type NumberedConstant } from '../../../src/addon/native';

// A setup file of jest: writes every small program that the tests compile as a file of the fuzzer's corpus (format in
// program_input.h) to the folder that GDWS_PROGRAMS names. `npm run fuzz:program -- --remake` makes the corpus of them.

/** So many bytes of each constant are kept; the fuzzer repeats them. */
const bytesOfConstant = 64;
const largestFile = 4096;

type Constants = readonly NumberedConstant[];

/** A file with the seed 0. */
function encode(words: Int32Array, numbered: Constants): Buffer {
  const byNumber = new Map(numbered);
  const count = Math.max(-1, ...byNumber.keys()) + 1;
  const int = (value: number) => Buffer.from(Int32Array.of(value).buffer);
  const parts = [int(0), int(words.length), Buffer.from(words.buffer, words.byteOffset, words.byteLength)];
  parts.push(int(count));
  for (let number = 0; number < count; number++) {
    const constant = byNumber.get(number);
    const data = constant?.data ?? new Uint8Array(0);
    const kept = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, bytesOfConstant));
    parts.push(int(constant?.type ?? 0), int(data.length), int(kept.length), kept, Buffer.alloc((4 - (kept.length % 4)) % 4));
  }
  return Buffer.concat(parts);
}

const folder = process.env.GDWS_PROGRAMS;
if (!folder) throw new Error('GDWS_PROGRAMS names no folder.');
fs.mkdirSync(folder, { recursive: true });

const addon = native();
const createSession = addon.createSession.bind(addon);
Object.assign(addon, {
  createSession: (...options: Parameters<Native['createSession']>) => {
    const session = createSession(...options);
    // The suites of one process share the addon, which is then set up already.
    if (Object.hasOwn(session, 'compile')) return session;
    const dumping =
      <Result>(compile: (words: Int32Array, constants: Constants, pages?: ArrayBuffer) => Result): typeof compile =>
      (words, constants, pages) => {
        const file = encode(words, constants);
        const hash = createHash('sha256').update(file).digest();
        // Each with its own number of threads, kernel and inputs, the same whenever it is written.
        hash.copy(file, 0, 0, 4);
        const name = hash.toString('hex').slice(0, 16);
        if (file.length <= largestFile) fs.writeFileSync(path.join(folder, name), file);
        return compile(words, constants, pages);
      };
    Object.defineProperty(session, 'compile', { value: dumping(session.compile.bind(session)) });
    Object.defineProperty(session, 'beginCompiling', { value: dumping(session.beginCompiling.bind(session)) });
    return session;
  },
});
