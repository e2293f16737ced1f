import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../../src/base/errors';
import { decodeNpy, encodeNpy, readNpy, writeNpy } from '../../src/data/npy';
import { toFloat32 } from '../../src/onnx/floats';
import type { Constant } from '../../src/onnx/value';

const array = (name: string) => path.join(__dirname, 'arrays', name);

describe('arrays that numpy wrote', () => {
  test.each([
    ['ramp-f4', 'float32'],
    ['ramp-big-f4', 'float32'],
    ['ramp-f8', 'float64'],
    ['ramp-big-f8', 'float64'],
    ['ramp-i1', 'int8'],
    ['ramp-i2', 'int16'],
    ['ramp-big-i2', 'int16'],
    ['ramp-i4', 'int32'],
    ['ramp-i8', 'int64'],
    ['ramp-big-i8', 'int64'],
  ])('%s', async (name, type) => {
    const tensor = await readNpy(array(`${name}.npy`));
    expect(tensor.type).toBe(type);
    expect(tensor.dims).toEqual([2, 3]);
    expect(Array.from(tensor.data as Iterable<number | bigint>, Number)).toEqual([-3, -2, -1, 0, 1, 2]);
  });

  test.each(['u1', 'u2', 'u4', 'u8'])('ramp-%s', async (code) => {
    const tensor = await readNpy(array(`ramp-${code}.npy`));
    expect(tensor.type).toBe(`uint${8 * Number(code[1])}`);
    expect(Array.from(tensor.data as Iterable<number | bigint>, Number)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('half precision, widened', async () => {
    const half = decodeNpy(await fs.readFile(array('ramp-f2.npy')), 'ramp-f2.npy');
    expect(half.type).toBe('float16');
    expect([...toFloat32(half)]).toEqual([-3, -2, -1, 0, 1, 2]);
  });

  test('booleans', async () => {
    const { type, dims, data } = await readNpy(array('booleans.npy'));
    expect([type, [...dims], [...(data as Uint8Array)]]).toEqual(['bool', [3], [1, 0, 1]]);
  });

  test('Fortran order becomes row-major', async () => {
    const { dims, data } = await readNpy(array('fortran.npy'));
    expect(dims).toEqual([2, 3, 4]);
    expect([...(data as Float32Array)]).toEqual(Array.from({ length: 24 }, (_, index) => index));
  });

  test('scalar, empty array, format 2.0', async () => {
    expect(await readNpy(array('scalar.npy'))).toMatchObject({ dims: [], data: Float32Array.of(2.5) });
    expect(await readNpy(array('empty.npy'))).toMatchObject({ dims: [0, 3], data: new Float32Array() });
    expect(await readNpy(array('version-2.npy'))).toMatchObject({ dims: [3], data: Float32Array.of(0, 1, 2) });
  });
});

test('what is written is read back, and is byte for byte what numpy writes', async () => {
  for (const name of ['ramp-f4', 'ramp-f8', 'ramp-i8', 'ramp-u1', 'booleans', 'scalar', 'empty', 'ramp-f2']) {
    const bytes = await fs.readFile(array(`${name}.npy`));
    const written = encodeNpy(decodeNpy(bytes, name));
    const elements = (all: Uint8Array) => Buffer.from(all).subarray(all.indexOf(10) + 1);
    expect(elements(written)).toEqual(elements(bytes));
    expect(decodeNpy(written, name)).toEqual(decodeNpy(bytes, name));
    expect((written.indexOf(10) + 1) % 64).toBe(0);
  }
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-'));
  const file = path.join(folder, 'out.npy');
  await writeNpy(file, new Tensor('float32', [1, 2, 3], [3, 1]));
  expect(await readNpy(file)).toMatchObject({ dims: [3, 1], data: Float32Array.of(1, 2, 3) });
  await fs.rm(folder, { recursive: true });
});

test('any shape survives writing and reading', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), (dims) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const constant: Constant = {
        type: 'int16',
        dims,
        data: Int16Array.from({ length: count }, (_, index) => -index),
      };
      expect(decodeNpy(encodeNpy(constant), 'memory')).toEqual(constant);
    }),
  );
});

describe('what cannot be read is one typed error', () => {
  const refused = (bytes: Uint8Array) => {
    try {
      decodeNpy(bytes, 'hostile.npy');
    } catch (error) {
      expect(error).toBeInstanceOf(GdwsError);
      expect(error).toMatchObject({ code: 'DATA_UNREADABLE', file: 'hostile.npy' });
      return (error as GdwsError).message;
    }
    throw new Error('it was read');
  };
  const withHeader = (text: string, elements = 0) => {
    const bytes = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1'),
      Buffer.from(text),
      Buffer.alloc(elements),
    ]);
    bytes.writeUInt16LE(text.length, 8);
    return bytes;
  };

  test.each(['complex', 'text', 'structured'])('%s elements', async (name) => {
    expect(refused(await fs.readFile(array(`${name}.npy`)))).toContain('is not supported');
  });

  test('a file that ends anywhere', async () => {
    const whole = await fs.readFile(array('ramp-f4.npy'));
    for (let length = 0; length < whole.length; length += 7) refused(whole.subarray(0, length));
  });

  test.each([
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", 'larger than any memory'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }", 'ends after 16 of 4000000 bytes'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 'damaged'],
    ["{'descr': '<f4', 'fortran_order': False, }", 'damaged'],
    ["{'descr': '<f4', 'shape': (4,), }", 'damaged'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 'damaged'],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (4,), }", 'not supported'],
    ['not a dictionary', 'not supported'],
  ])('%s', (header, message) => {
    expect(refused(withHeader(header, 16))).toContain(message);
  });

  test('random bytes behind the magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refused(Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), bytes]));
      }),
    );
  });
});
