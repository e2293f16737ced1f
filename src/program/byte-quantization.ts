import { roundHalfToEven } from '../base/rounding';

/** A type of one byte. */
export type ByteType = 'uint8' | 'int8';

export const byteLimits: Readonly<Record<ByteType, { readonly least: number; readonly most: number }>> = {
  uint8: { least: 0, most: 255 },
  int8: { least: -128, most: 127 },
};

export function isByteType(type: string): type is ByteType {
  return type === 'uint8' || type === 'int8';
}

export function newBytes(type: ByteType, count: number): Int8Array | Uint8Array {
  return type === 'int8' ? new Int8Array(count) : new Uint8Array(count);
}

/** One scale and zero point for a whole tensor. */
export interface UniformQuantization {
  readonly type: ByteType;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The byte of a float; in float32, as the engine computes it. */
export function quantizedByte(x: number, { type, scale, zeroPoint }: UniformQuantization): number {
  const { least, most } = byteLimits[type];
  const steps = roundHalfToEven(Math.fround(Math.fround(x) / Math.fround(scale)));
  return Math.min(Math.max(Number.isNaN(steps) ? least : steps + zeroPoint, least), most);
}
