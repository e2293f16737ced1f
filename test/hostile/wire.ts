import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

// Protobuf by hand, for bytes that no writer makes. Field numbers are those of onnx.proto.

/** A field with its length: a message, bytes, a text or packed numbers. */
export function block(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return new BinaryWriter()
    .tag(field, WireType.LengthDelimited)
    .bytes(Uint8Array.from(Buffer.concat(parts)))
    .finish();
}

/** The same bytes many times. */
export function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** A model of the given fields of its graph. */
export function modelOf(...graph: readonly Uint8Array[]): Uint8Array {
  return block(7, ...graph);
}

export const graphField = { node: 1, initializer: 5, valueInfo: 13 } as const;
export const tensorField = { dims: 1, floatData: 4, int64Data: 7 } as const;
export const nodeField = { input: 1, attribute: 5 } as const;
export const attributeField = { g: 6 } as const;
