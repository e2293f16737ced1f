import v8 from 'node:v8';
import { ScalarType, type DescMessage } from '@bufbuild/protobuf';
import { GdwsError } from '../base/errors';
import { checkLimit, type Limits } from '../base/limits';
import { ModelProtoSchema, NodeProtoSchema } from './onnx_pb';

// https://protobuf.dev/programming-guides/encoding/

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** JavaScript heap that decoding one of each takes, in bytes; measured, rounded up. */
const messageBytes = 500;
const textBytes = 40;
const viewBytes = 250;
const bigintBytes = 40;
const numberBytes = 20;

interface Field {
  readonly name: string;
  readonly message?: DescMessage;
  /** Wire type of one value that is not a message. */
  readonly wireType: number;
  /** Heap that one value takes, and that each of its bytes takes. */
  readonly bytes: number;
  readonly perByte: number;
  readonly isPackable: boolean;
}

const tables = new Map<DescMessage, ReadonlyMap<number, Field>>();

/** A message that contains the current position. */
interface Level {
  readonly message: DescMessage;
  readonly fields: ReadonlyMap<number, Field>;
  readonly end: number;
}

/**
 * Scans the bytes of a model before they are decoded. Decoding may take a hundred times as much memory as the bytes, and
 * exhausting V8's heap would end the process. The scan allocates nothing, and does not read weights.
 *
 * @throws GdwsError LIMIT_EXCEEDED for too many nodes or messages too deep within each other, OUT_OF_MEMORY where V8's heap
 *   has no room for the messages, MODEL_UNREADABLE where the bytes are no well-formed ONNX protobuf
 */
export function scanModel(bytes: Uint8Array, limits: Limits, file?: string): void {
  const levels: Level[] = [levelOf(ModelProtoSchema, bytes.length)];
  const reader = new WireReader(bytes);
  const heapLeft = heapRoom();
  let nodes = 0;
  let heap = messageBytes;
  checkLimit(limits, 'depth', 1, 'messages lie within each other', { file });
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    if (heap > heapLeft) {
      throw new GdwsError('OUT_OF_MEMORY', "JavaScript's heap has no room for the model's messages.", {
        file,
        remedy: 'Its size is what `node --max-old-space-size=` says, in MB.',
      });
    }
    if (reader.at === level.end) {
      levels.pop();
      continue;
    }
    const tag = reader.varint(level.end);
    const wireType = tag % 8;
    const field = level.fields.get(Math.floor(tag / 8));
    if (!field) {
      heap += viewBytes;
      reader.skip(wireType, level.end);
    } else if (wireType === delimited) {
      const end = reader.block(level.end);
      if (field.message) {
        heap += messageBytes;
        if (field.message === NodeProtoSchema)
          checkLimit(limits, 'nodes', ++nodes, 'the model has too many nodes', { file });
        levels.push(levelOf(field.message, end));
        checkLimit(limits, 'depth', levels.length, 'messages lie too deep within each other', { file });
        continue;
      }
      if (field.wireType === delimited) heap += field.bytes + field.perByte * (end - reader.at);
      else if (field.isPackable) heap += field.bytes * reader.packedCount(field.wireType, end);
      else throw new Malformed(`field ${field.name} has wire type ${wireType}`);
      reader.at = end;
    } else {
      if (wireType !== field.wireType) throw new Malformed(`field ${field.name} has wire type ${wireType}`);
      heap += field.bytes;
      reader.skip(wireType, level.end);
    }
  }
}

/** Why bytes are no ONNX protobuf. */
export class Malformed extends Error {}

/** Part of V8's heap that messages may take: the graph made of them takes the same amount. */
function heapRoom(): number {
  const { heap_size_limit: limit, used_heap_size: used } = v8.getHeapStatistics();
  return 0.5 * (limit - used);
}

function levelOf(message: DescMessage, end: number): Level {
  let fields = tables.get(message);
  if (!fields) tables.set(message, (fields = new Map(message.fields.map((field) => [field.number, fieldOf(field)]))));
  return { message, fields, end };
}

function fieldOf({ name, message, scalar, fieldKind }: DescMessage['fields'][number]): Field {
  const field = (wireType: number, bytes: number, perByte = 0): Field => {
    const isPackable = fieldKind === 'list' && wireType !== delimited;
    return { name, message, wireType, bytes, perByte, isPackable };
  };
  if (message) return field(delimited, messageBytes);
  switch (scalar) {
    case ScalarType.STRING:
      return field(delimited, textBytes, 1);
    case ScalarType.BYTES:
      return field(delimited, viewBytes);
    case ScalarType.FLOAT:
      return field(fixed32, numberBytes);
    case ScalarType.DOUBLE:
      return field(fixed64, numberBytes);
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return field(varint, bigintBytes);
    default:
      return field(varint, numberBytes);
  }
}

/** Reads and skips the values of a message, none of which may end after the value that contains it. */
class WireReader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** As a number; exact up to 2^53, above which no tag or length is. */
  varint(end: number): number {
    let value = 0;
    for (let shift = 1, count = 0; count < 10; count++, shift *= 128) {
      if (this.at >= end) throw new Malformed('it ends within a number');
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw new Malformed('a number is too long');
  }

  /** The end of a value that begins with its length. */
  block(end: number): number {
    const length = this.varint(end);
    if (length > end - this.at) throw new Malformed('it ends within a value, or a length is wrong');
    return this.at + length;
  }

  skip(wireType: number, end: number): void {
    if (wireType === varint) this.varint(end);
    else if (wireType === fixed64) this.step(8, end);
    else if (wireType === fixed32) this.step(4, end);
    else if (wireType === delimited) this.at = this.block(end);
    else throw new Malformed(`wire type ${wireType} is none of ONNX's`);
  }

  packedCount(wireType: number, end: number): number {
    if (wireType !== varint) {
      const size = wireType === fixed64 ? 8 : 4;
      if ((end - this.at) % size !== 0) throw new Malformed('a list ends within a number');
      return (end - this.at) / size;
    }
    let count = 0;
    let length = 0;
    for (let at = this.at; at < end; at++) {
      if (++length > 10) throw new Malformed('a number is too long');
      if (this.bytes[at]! < 128) {
        count++;
        length = 0;
      }
    }
    if (length > 0) throw new Malformed('a list ends within a number');
    return count;
  }

  private step(size: number, end: number): void {
    if (size > end - this.at) throw new Malformed('it ends within a number');
    this.at += size;
  }
}
