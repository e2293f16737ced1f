import { clone, create, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { reflect, type ReflectList, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import { operatorTable } from '../../src/operators';
import type { Random } from './random';

/** Numbers that shapes, sizes, axes and codes go wrong at. */
const integers = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  9,
  10,
  11,
  16,
  17,
  32,
  64,
  100,
  127,
  255,
  256,
  1000,
  1024,
  4096,
  65535,
  65536,
  2 ** 20,
  2 ** 24,
  2 ** 30,
  2 ** 31 - 1,
].flatMap((value) => [BigInt(value), BigInt(-value)]);
const long = [...integers, 2n ** 31n, 2n ** 32n, 2n ** 40n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const floats = [0, -0, 1, -1, 0.5, 2, 1e-5, 1e-45, 3e38, -3e38, NaN, Infinity, -Infinity, 1.5, 1000];
const attributeNames =
  'axis axes alpha beta group pads strides dilations kernel_shape auto_pad ceil_mode mode to perm size blocksize epsilon value keepdims'.split(
    ' ',
  );

/** A message with a field of it. */
interface Place {
  readonly message: ReflectMessage;
  readonly field: DescField;
}

/** Changes one thing in a model, or takes one from another. */
export function mutateMessages(random: Random, model: ModelProto, other: ModelProto): void {
  const all = placesIn(model);
  // Each kind of field as often as any other: dims and weights are many, nodes few.
  const kind = random.of([...new Set(all.map(({ field }) => field))]);
  const place = random.of(all.filter(({ field }) => field === kind));
  const { message, field } = place;
  if (field.fieldKind === 'list') mutateList(random, message.get(field), field, other);
  else if (random.next() < 0.15) message.clear(field);
  else if (field.fieldKind === 'message') replaceMessage(random, place, other);
  else if (field.fieldKind === 'enum') message.set(field, random.below(18));
  else if (field.fieldKind === 'scalar') {
    const given = message.get(field);
    message.set(field, scalarOf(random, field.scalar, given, namesIn(random, model)));
  }
}

/** Every field that is set, and every list, of every message in the model. */
function placesIn(model: ModelProto): Place[] {
  const places: Place[] = [];
  const pending: ReflectMessage[] = [reflect(ModelProtoSchema, model)];
  for (let message = pending.pop(); message; message = pending.pop()) {
    for (const field of message.fields) {
      if (!message.isSet(field) && field.fieldKind !== 'list') continue;
      places.push({ message, field });
      if (field.fieldKind === 'message') pending.push(message.get(field));
      if (field.fieldKind === 'list' && field.listKind === 'message') {
        for (const item of message.get(field)) pending.push(item as ReflectMessage);
      }
    }
  }
  return places;
}

function messagesOf(model: ModelProto, desc: DescMessage): Message[] {
  const found = new Set<Message>();
  for (const { message } of placesIn(model)) if (message.desc === desc) found.add(message.message);
  return [...found];
}

function mutateList(random: Random, list: ReflectList, field: DescField & { fieldKind: 'list' }, other: ModelProto) {
  const at = random.below(Math.max(1, list.size));
  const items = [...list];
  const change = random.below(7);
  if (change === 0) items.splice(at, 1);
  else if (change === 1 && list.size > 0) items.splice(random.below(list.size + 1), 0, copyOf(items[at]));
  else if (change === 2 && list.size > 1) {
    const against = random.below(list.size);
    [items[at], items[against]] = [items[against], items[at]];
  } else if (change === 3 && random.next() < 0.3) items.length = 0;
  else if (field.listKind === 'message') {
    const donor = messagesOf(other, field.message);
    const item = donor.length > 0 ? clone(field.message, random.of(donor)) : create(field.message);
    if (random.next() < 0.5) items[at] = reflect(field.message, item);
    else items.splice(at, 0, reflect(field.message, item));
  } else if (field.listKind === 'scalar') {
    const value = scalarOf(random, field.scalar, items[at], namesIn(random, other));
    if (random.next() < 0.7) items[at] = value;
    else items.splice(at, 0, value);
  }
  list.clear();
  for (const item of items) list.add(item);
}

function copyOf(item: unknown): unknown {
  const { desc, message } = item as Partial<ReflectMessage>;
  return desc && message ? reflect(desc, clone(desc, message)) : item;
}

function replaceMessage(random: Random, { message, field }: Place, other: ModelProto): void {
  if (field.fieldKind !== 'message') return;
  const donor = messagesOf(other, field.message);
  const value = donor.length > 0 ? clone(field.message, random.of(donor)) : create(field.message);
  message.set(field, reflect(field.message, value));
}

/** A text that means something: a tensor of the model, an operator, an attribute. */
function namesIn(random: Random, { graph }: ModelProto): string {
  const kind = random.below(4);
  if (kind === 0) return random.of([...operatorTable.keys()]);
  if (kind === 1) return random.of(attributeNames);
  const names = graph
    ? [
        ...graph.node.flatMap(({ input, output }) => [...input, ...output]),
        ...graph.initializer.map(({ name }) => name),
      ]
    : [];
  return names.length > 0 && kind === 2
    ? random.of(names)
    : random.of(['', 'x', 'y', 'ai.onnx', '__proto__', '\0', '✗']);
}

function scalarOf(random: Random, type: ScalarType, given: unknown, name: string): unknown {
  switch (type) {
    case ScalarType.STRING:
      return name;
    case ScalarType.BYTES: {
      const bytes = (given as Uint8Array | undefined) ?? new Uint8Array();
      if (random.next() < 0.4) return new TextEncoder().encode(name);
      const length = random.below(2 * bytes.length + 2);
      const copy = new Uint8Array(random.next() < 0.5 ? bytes.length : length);
      copy.set(bytes.subarray(0, copy.length));
      for (let i = 0; i < 1 + copy.length / 8; i++)
        copy[random.below(copy.length)] = random.of([0, 127, 128, 192, 255]);
      return copy;
    }
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return Math.fround(random.of(floats));
    case ScalarType.UINT64:
      return BigInt.asUintN(64, random.of(long));
    case ScalarType.INT64:
      return typeof given === 'bigint' && random.next() < 0.3 ? given + random.of([-1n, 1n]) : random.of(long);
    default:
      return random.next() < 0.5 ? random.below(24) : Number(random.of(integers));
  }
}
