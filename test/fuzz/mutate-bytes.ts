import type { Random } from './random';

/** Bytes that mean something to protobuf: lengths, ends of varints, tags. */
const telling = [0, 1, 2, 8, 10, 0x12, 0x3a, 0x7f, 0x80, 0xfe, 0xff];

/** Some bytes overwritten, left out, repeated or added, or the end cut off. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let result = Array.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(result.length + 1);
    const length = 1 + random.below(random.next() < 0.7 ? 4 : 64);
    switch (random.below(6)) {
      case 0:
        result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        result[at] = random.of(telling);
        break;
      case 2:
        result.splice(at, length);
        break;
      case 3:
        result.splice(at, 0, ...result.slice(at, at + length));
        break;
      case 4:
        result.splice(at, 0, ...Array.from({ length }, () => random.below(256)));
        break;
      default:
        if (random.next() < 0.3) result = result.slice(0, at);
        else result.splice(at, 10, ...new Array<number>(9).fill(0xff), 0x01);
    }
  }
  return Uint8Array.from(result);
}
