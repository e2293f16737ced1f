// SHA-256 (FIPS 180-4) of bytes. The browser's own does not answer at once.

/** The first 32 bits of the fractions of roots of the first primes. */
function fractions(count, power) {
  const found = [];
  for (let n = 2; found.length < count; ++n) {
    let isPrime = true;
    for (let d = 2; d * d <= n; ++d) if (n % d === 0) isPrime = false;
    if (isPrime) found.push(((n ** power % 1) * 2 ** 32) | 0);
  }
  return found;
}

const constants = Int32Array.from(fractions(64, 1 / 3));
const initial = Int32Array.from(fractions(8, 1 / 2));
const turned = (x, bits) => (x >>> bits) | (x << (32 - bits));

function addBlock(state, view, at, words) {
  for (let i = 0; i < 64; ++i) {
    if (i < 16) {
      words[i] = view.getInt32(at + 4 * i);
      continue;
    }
    const a = words[i - 15];
    const b = words[i - 2];
    const small = turned(a, 7) ^ turned(a, 18) ^ (a >>> 3);
    const large = turned(b, 17) ^ turned(b, 19) ^ (b >>> 10);
    words[i] = words[i - 16] + small + words[i - 7] + large;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; ++i) {
    const chosen = (e & f) ^ (~e & g);
    const most = (a & b) ^ (a & c) ^ (b & c);
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + chosen + constants[i] + words[i]) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + most) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] += word;
}

/** The 32 bytes of the hash. */
export function sha256(bytes) {
  const state = initial.slice();
  const words = new Int32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole; at += 64) addBlock(state, view, at, words);
  const rest = bytes.length - whole;
  const end = new DataView(new ArrayBuffer(rest < 56 ? 64 : 128));
  new Uint8Array(end.buffer).set(bytes.subarray(whole));
  end.setUint8(rest, 0x80);
  end.setBigUint64(end.byteLength - 8, BigInt(bytes.length) * 8n);
  for (let at = 0; at < end.byteLength; at += 64) addBlock(state, end, at, words);
  const hash = new DataView(new ArrayBuffer(32));
  for (const [i, word] of state.entries()) hash.setInt32(4 * i, word);
  return new Uint8Array(hash.buffer);
}

/** As node:crypto's, of bytes and texts, by SHA-256. */
export function createHash() {
  const parts = [];
  const hash = {
    update(part) {
      parts.push(typeof part === 'string' ? new TextEncoder().encode(part) : bytesOf(part));
      return hash;
    },
    digest(form) {
      const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      const found = sha256(all);
      if (form === 'base64') return globalThis.btoa(String.fromCharCode(...found));
      return Array.from(found, (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
  };
  return hash;
}

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
