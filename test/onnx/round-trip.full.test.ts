import fs from 'node:fs';
import path from 'node:path';
import { createRegistry, equals } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { ModelProtoSchema } from '../../src/onnx/onnx_pb';
import { decodeModel, readModel } from '../../src/onnx/read';
import { encodeModel, writeModel } from '../../src/onnx/write';
import { evaluate } from './oracle';
import { temporaryFolder } from './temporary-folder';

/** The fields of a message, those within the fields that `inner` names too: what a file says, in no order of fields. */
type Fields = [number, unknown][];
type Inner = { [field: number]: Inner };

function fieldsOf(bytes: Uint8Array, inner: Inner): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (inner[field]) fields.push([field, fieldsOf(reader.bytes(), inner[field])]);
    else fields.push([field, [...reader.skip(wireType, field)]]);
  }
  // Only the order among fields of one number has a meaning.
  return fields
    .map((one, i) => [one, i] as const)
    .sort(([a, i], [b, j]) => a[0] - b[0] || i - j)
    .map(([one]) => one);
}

const entry: Inner = {};
const shape: Inner = { 1: {} };
const type: Inner = { 1: { 2: shape } };
const value: Inner = { 2: type, 4: entry };
const tensor: Inner = { 13: entry, 16: entry };
const attribute: Inner = { 5: tensor };
const node: Inner = { 5: attribute, 9: entry };
const graph: Inner = { 1: node, 5: tensor, 11: value, 12: value, 13: value, 15: { 1: tensor, 2: tensor }, 16: entry };
// The graphs of attributes are graphs again.
attribute[6] = graph;
attribute[11] = graph;
const model: Inner = { 7: graph, 8: entry, 14: entry, 25: { 7: node, 9: entry } };

/** Writes fields whose value is a number (varint), a text, a list (a message) or bytes. */
function message(...fields: [number, number | string | Uint8Array | BinaryWriter][]): BinaryWriter {
  const writer = new BinaryWriter();
  for (const [field, content] of fields) {
    if (typeof content === 'number') writer.tag(field, WireType.Varint).int64(content);
    else if (typeof content === 'string') writer.tag(field, WireType.LengthDelimited).string(content);
    else writer.tag(field, WireType.LengthDelimited).bytes(content instanceof Uint8Array ? content : content.finish());
  }
  return writer;
}

/** A model with everything that a file may say and gdws does not need, some of it in no version of ONNX. */
function unusualModel(): Uint8Array {
  const pair = (key: string, text: string) => message([1, key], [2, text]);
  const dims = message(
    [1, message([2, 'batch'], [3, 'DATA_BATCH'])],
    [1, message([1, 3])],
    [1, message([777, 'free'])],
  );
  const image = message([1, message([1, 1], [2, dims], [99, 5])], [6, 'IMAGE']);
  const sequence = message([4, message([1, message([1, message([1, 1])])])]);
  const weights = message(
    [1, 2],
    [2, 1],
    [8, 'w'],
    [9, Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64)],
    [12, 'the weights'],
    [16, pair('origin', 'layer1')],
    [3, message([1, 0], [2, 2])],
  );
  const float8 = message([1, 2], [2, 17], [8, 'f8'], [9, Uint8Array.of(1, 2)]);
  const body = message(
    [1, message([1, 'x'], [2, 'inner'], [4, 'Identity'], [600, 'new'])],
    [2, 'body'],
    [12, message([1, 'inner'])],
  );
  const custom = message(
    [1, 'x'],
    [1, ''],
    [1, 'w'],
    [2, 'y'],
    [3, 'custom node'],
    [4, 'Special'],
    [5, message([1, 'mode'], [4, new TextEncoder().encode('fast')], [20, 3], [13, 'how'])],
    [5, message([1, 'future'], [20, 99], [500, 'a value of a type to come'])],
    [5, message([1, 'body'], [6, body], [20, 5])],
    [5, message([1, 'kind'], [14, image], [20, 13])],
    [5, message([1, 'sparse'], [22, message([1, weights], [3, 4])], [20, 11])],
    [6, 'what it is'],
    [7, 'com.example'],
    [8, 'overload'],
    [9, pair('stage', '1')],
    [10, message([1, 'configuration'])],
  );
  const main = message(
    [1, custom],
    [2, 'main'],
    [5, weights],
    [5, float8],
    [10, 'doc'],
    [11, message([1, 'x'], [2, image], [3, 'pixels'], [4, pair('range', '0..1')])],
    [12, message([1, 'y'], [2, sequence])],
    [13, message([1, 'between'], [2, image])],
    [14, message([1, 'w'], [2, pair('SCALE_TENSOR', 's')])],
    [15, message([1, float8], [2, weights], [3, 2])],
    [16, pair('graph', 'meta')],
  );
  const own = message(
    [1, 'Special'],
    [4, 'a'],
    [5, 'b'],
    [6, 'mode'],
    [7, message([1, 'a'], [2, 'b'], [4, 'Relu'])],
    [9, message([1, ''], [2, 17])],
    [10, 'com.example'],
    [11, message([1, 'alpha'])],
    [13, 'overload'],
  );
  return message(
    [1, 10],
    [2, 'some exporter'],
    [3, '2.1'],
    [4, 'org.example'],
    [5, 7],
    [6, 'documentation'],
    [8, message([1, ''], [2, 17])],
    [8, message([1, 'com.example'], [2, 1])],
    [14, pair('author', 'someone')],
    [14, pair('author', 'someone else')],
    [20, message([1, message([2, 'training'])])],
    [25, own],
    [26, message([1, 'device'])],
    [7, main],
    [1000, 'from the future'],
  ).finish();
}

test('whatever a file says is said by the file that is written, known to gdws or not', () => {
  const bytes = unusualModel();
  const decoded = decodeModel(bytes);
  const written = encodeModel(decoded);
  expect(fieldsOf(written, model)).toEqual(fieldsOf(bytes, model));
  expect(equals(ModelProtoSchema, decodeModel(written), decoded, { registry: createRegistry(), unknown: true })).toBe(
    true,
  );
  // From here on not a byte changes.
  expect(encodeModel(decodeModel(written))).toEqual(written);
});

test('the comparison would notice a lost field', () => {
  const decoded = decodeModel(unusualModel());
  const before = fieldsOf(encodeModel(decoded), model);
  decoded.graph!.node[0]!.attribute[2]!.g!.node[0]!.$unknown = [];
  expect(fieldsOf(encodeModel(decoded), model)).not.toEqual(before);
});

const folder = temporaryFolder();
const models = path.join(__dirname, '../../../shared/models');
const present = fs.existsSync(models) ? fs.readdirSync(models).filter((file) => file.endsWith('.onnx')) : [];
if (present.length === 0) console.warn(`Round trips of real models are not tested: ${models} is not there.`);
(present.length > 0 ? describe : describe.skip)('real models', () => {
  test.each(present)('%s is written as it was read', async (file) => {
    const read = await readModel(path.join(models, file));
    const target = folder.file(file);
    await writeModel(read, target);
    const [original, copy] = [path.join(models, file), target].map((one) => new Uint8Array(fs.readFileSync(one)));
    expect(copy!.length).toBe(original!.length);
    const same = JSON.stringify(fieldsOf(copy!, model)) === JSON.stringify(fieldsOf(original!, model));
    expect(same).toBe(true);
  });
});

test('onnxruntime-node runs a model that was read and written', async () => {
  const made = makeModel({
    nodes: [makeNode({ opType: 'Add', input: ['x', 'w'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', ['batch', 2])],
    outputs: [makeValueInfo('y', 'float32', ['batch', 2])],
    initializers: { w: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } },
  });
  const written = encodeModel(decodeModel(encodeModel(made)));
  const x = { type: 'float32', dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
  expect((await evaluate(written, { x }))['y']!.data).toEqual(Float32Array.of(2, 4, 4, 6, 6, 8));
});
