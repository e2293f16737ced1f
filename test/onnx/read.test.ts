import fs from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { foldBatchNormalization } from '../../src/analysis/fold-batch-normalization';
import { foldConstants } from '../../src/analysis/fold-constants';
import { inferValues } from '../../src/analysis/infer';
import { removeIdentities } from '../../src/analysis/remove-identities';
import { GdwsError } from '../../src/base/errors';
import { Graph } from '../../src/graph/graph';
import { decodeModel, readModel } from '../../src/onnx/read';
import { decodeTensor, dataTypeOf } from '../../src/onnx/tensor';
import { allTensors } from '../../src/onnx/tensors';
import { encodeModel } from '../../src/onnx/write';
import { smallNetwork } from '../graph/small-network';
import { refusal } from './refusal';
import { temporaryFolder } from './temporary-folder';

const folder = temporaryFolder();

describe('what is no model is refused', () => {
  const bytes: [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), 'MODEL_UNREADABLE'],
    ['zeros', new Uint8Array(1000), 'MODEL_UNREADABLE'],
    ['text', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0'), 'MODEL_UNREADABLE'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13), 'MODEL_UNREADABLE'],
    ['a model without a graph', Uint8Array.of(0x08, 8), 'MODEL_INVALID'],
  ];
  test.each(bytes)('%s', async (name, content, code) => {
    await expect(readModel(content)).rejects.toMatchObject({ name: 'GdwsError', code });
    const file = folder.file(name);
    fs.writeFileSync(file, content);
    await expect(readModel(file)).rejects.toMatchObject({ code, file });
  });

  test('a file that is not there, and a folder', async () => {
    for (const file of [folder.file('missing.onnx'), folder.path]) {
      await expect(readModel(file)).rejects.toMatchObject({ name: 'GdwsError', code: 'MODEL_UNREADABLE', file });
    }
  });

  test('an empty graph', () => {
    const empty = decodeModel(Uint8Array.of(0x3a, 0));
    expect(() => new Graph(empty)).toThrow(refusal({ name: 'GdwsError', code: 'MODEL_INVALID' }));
  });
});

/** A graph in a node in a graph in a node … */
function nested(depth: number): Uint8Array {
  let graph: Uint8Array = new Uint8Array(0);
  const wrap = (field: number, bytes: Uint8Array) =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();
  for (let level = 0; level < depth; level++) graph = wrap(1, wrap(5, wrap(6, graph)));
  return wrap(7, graph);
}

test.each([50, 1000, 3000])('graphs nested %d deep are refused', (depth) => {
  expect(() => decodeModel(nested(depth))).toThrow(refusal({ code: 'LIMIT_EXCEEDED' }));
});

test('graphs nested as deep as other readers take them are read', () => {
  expect(() => new Graph(decodeModel(nested(30)))).toThrow(refusal({ code: 'MODEL_INVALID' }));
});

/** All that is done with a model before the addon sees it. Says whether a GdwsError ended it; any other is a failure. */
function use(bytes: Uint8Array): 'used' | 'refused' {
  const refused = (run: () => void) => {
    try {
      run();
      return false;
    } catch (error) {
      if (error instanceof GdwsError && error.code !== 'INTERNAL') return true;
      throw error;
    }
  };
  let graph: Graph | undefined;
  if (refused(() => (graph = new Graph(decodeModel(bytes))))) return 'refused';
  refused(() => inferValues(graph!));
  return refused(() => {
    inferValues(graph!, undefined, { lenient: true });
    removeIdentities(graph!);
    foldConstants(graph!);
    foldBatchNormalization(graph!);
    encodeModel(graph!.model);
  })
    ? 'refused'
    : 'used';
}

describe('hostile bytes give a GdwsError or a model', () => {
  const original = encodeModel(smallNetwork());

  test('the network itself is used', () => expect(use(original)).toBe('used'));

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void use(bytes)),
      { numRuns: 2000 },
    );
  });

  test('every truncation of a network', () => {
    for (let length = 0; length < original.length; length += 1 + Math.floor(original.length / 700)) {
      use(original.subarray(0, length));
    }
  });

  test('a network with bytes changed', () => {
    const changes = fc.array(
      fc.tuple(fc.nat(original.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 127, 128, 255))),
      { minLength: 1, maxLength: 12 },
    );
    const outcomes = { used: 0, refused: 0 };
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = original.slice();
        for (const [at, value] of list) bytes[at] = value;
        outcomes[use(bytes)]++;
      }),
      { numRuns: 3000 },
    );
    // Neither so crude that all is refused at once, nor so tame that nothing is.
    expect(outcomes.used).toBeGreaterThan(30);
    expect(outcomes.refused).toBeGreaterThan(300);
  });

  test('a network with a stretch removed, doubled or moved', () => {
    const place = fc.nat(original.length);
    fc.assert(
      fc.property(place, place, place, fc.boolean(), (a, b, to, keep) => {
        const [from, end] = [Math.min(a, b), Math.max(a, b)];
        const piece = original.subarray(from, Math.min(end, from + 60));
        const rest = keep
          ? original
          : Buffer.concat([original.subarray(0, from), original.subarray(from + piece.length)]);
        use(new Uint8Array(Buffer.concat([rest.subarray(0, to), piece, rest.subarray(to)])));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('weights of a file', () => {
  const bytes = encodeModel(smallNetwork());

  test('are aligned without a copy, and are those that were written', async () => {
    const file = folder.file('aligned.onnx');
    // Names of all lengths, so that data comes to lie at every offset.
    for (let padding = 0; padding < 8; padding++) {
      const padded = decodeModel(bytes.slice());
      padded.producerName = 'p'.repeat(padding);
      const written = encodeModel(padded);
      fs.writeFileSync(file, written);
      const expected = [...allTensors(decodeModel(written.slice()))];
      const read = [...allTensors(await readModel(file))];
      expect(read).toEqual(expected);
      for (const [index, { rawData, dataType }] of read.entries()) {
        if (dataTypeOf(dataType) !== 'float32' || rawData.length < 128) continue;
        expect(rawData.byteOffset % 4).toBe(0);
        expect((decodeTensor(read[index]!).data as Float32Array).buffer).toBe(rawData.buffer);
      }
      expect(read.filter(({ rawData }) => rawData.length >= 128).length).toBeGreaterThan(0);
    }
  });

  test('given as bytes leave the bytes as they are', async () => {
    const given = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
    await readModel(given);
    expect(given.equals(bytes)).toBe(true);
  });
});
