import * as ort from 'onnxruntime-node';
import { InferenceSession, Tensor } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

/** sum = x + x and product = x · x, of (n, 3). */
function model(type: DataType = 'float32'): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Add', input: ['x', 'x'], output: ['sum'] }),
        makeNode({ opType: 'Mul', input: ['x', 'x'], output: ['product'] }),
      ],
      inputs: [makeValueInfo('x', type, ['n', 3])],
      outputs: [makeValueInfo('sum', type, ['n', 3]), makeValueInfo('product', type, ['n', 3])],
    }),
  );
}

const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
const doubled = [2, 4, 6, 8, 10, 12];
const squared = [1, 4, 9, 16, 25, 36];
const empty = (dims: readonly number[] = [2, 3]) =>
  new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    ({ code }: { code: string }) => code,
  );
}

describe('tensors to write results into', () => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await InferenceSession.create(model(), { intraOpNumThreads: 1 });
  });
  afterAll(() => session.release());

  test('are filled, as in onnxruntime, and returned', async () => {
    const [ours, theirs] = [empty(), empty()];
    const result = await session.run({ x }, { sum: ours, product: null });
    expect(Object.keys(result)).toEqual(['sum', 'product']);
    expect(result.sum).toBe(ours);
    expect([...ours.data]).toEqual(doubled);
    expect([...(result.product!.data as Float32Array)]).toEqual(squared);

    const other = await ort.InferenceSession.create(model());
    await other.run({ x }, { sum: theirs, product: null });
    expect(theirs.data).toEqual(ours.data);
    await other.release();
  });

  test('are filled by synchronous runs, by runs of new shapes, and again', async () => {
    const y = empty();
    expect(session.runSync({ x }, { product: y }).product).toBe(y);
    expect([...y.data]).toEqual(squared);
    const fresh = await InferenceSession.create(model());
    const one = empty([1, 3]);
    await fresh.run({ x: new Tensor('float32', Float32Array.of(7, 8, 9), [1, 3]) }, { sum: one });
    expect([...one.data]).toEqual([14, 16, 18]);
    await fresh.run({ x: new Tensor('float32', Float32Array.of(1, 1, 1), [1, 3]) }, { sum: one });
    expect([...one.data]).toEqual([2, 2, 2]);
    await fresh.release();
  });

  test('may be part of a larger memory, and of any type', async () => {
    const memory = new Float32Array(10).fill(-1);
    await session.run({ x }, { sum: new Tensor('float32', memory.subarray(2, 8), [2, 3]) });
    expect([...memory]).toEqual([-1, -1, ...doubled, -1, -1]);

    const wide = await InferenceSession.create(model('int64'));
    const y = new Tensor('int64', new BigInt64Array(3), [1, 3]);
    await wide.run({ x: new Tensor('int64', BigInt64Array.of(1n, -2n, 3n), [1, 3]) }, { product: y });
    expect(y.data).toEqual(BigInt64Array.of(1n, 4n, 9n));
    await wide.release();
  });

  test('must have the type and the shape of the result, before anything runs', async () => {
    const flat = new Tensor('float32', new Float32Array(6), [6]);
    for (const wrong of [flat, empty([1, 3]), empty([3, 2])]) {
      expect(await codeOf(session.run({ x }, { sum: wrong }))).toBe('SHAPE_MISMATCH');
      expect(() => session.runSync({ x }, { sum: wrong })).toThrow(/\[2, 3\]/);
      expect(new Set(wrong.data)).toEqual(new Set([0]));
    }
    const integers = new Tensor('int32', new Int32Array(6), [2, 3]);
    expect(await codeOf(session.run({ x }, { sum: integers }))).toBe('TYPE_MISMATCH');
    expect(await codeOf(session.run({ x }, { sum: [1] as unknown as Tensor }))).toBe('TYPE_MISMATCH');
  });

  test('whose memory was transferred are refused, also during the run', async () => {
    const gone = empty();
    structuredClone(gone.data, { transfer: [gone.data.buffer as ArrayBuffer] });
    expect(await codeOf(session.run({ x }, { sum: gone }))).toBe('SHAPE_MISMATCH');
    const going = empty();
    const running = session.run({ x }, { sum: going });
    structuredClone(going.data, { transfer: [going.data.buffer as ArrayBuffer] });
    expect(await codeOf(running)).toBe('SHAPE_MISMATCH');
  });
});

describe('outputs by name', () => {
  test('come in the order of the model; an empty object asks for all, an empty array is refused, as in onnxruntime', async () => {
    const session = await InferenceSession.create(model());
    expect(Object.keys(await session.run({ x }, ['product', 'sum']))).toEqual(['sum', 'product']);
    expect(Object.keys(await session.run({ x }, { product: null, sum: undefined } as never))).toEqual(['product']);
    expect(Object.keys(await session.run({ x }, {}))).toEqual(['sum', 'product']);
    expect(await codeOf(session.run({ x }, []))).toBe('ARGUMENT_INVALID');
    expect(await codeOf(session.run({ x }, ['nothing']))).toBe('OUTPUT_UNKNOWN');
    expect(Object.keys(await session.run({ x }, { nothing: null, sum: null }))).toEqual(['sum']);
    expect(await codeOf(session.run({ x }, { sums: null } as never))).toBe('ARGUMENT_INVALID');
    await session.release();
  });
});
