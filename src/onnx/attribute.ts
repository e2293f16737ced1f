import { create, isFieldSet } from '@bufbuild/protobuf';
import { GdwsError } from '../base/errors';
import { placeOf } from './node-place';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from './onnx_pb';

/** An attribute's value when a node is made: an integer, `{ float }`, text, lists of them, a tensor or a graph. */
export type AttributeValue =
  | number
  | { readonly float: number }
  | string
  | readonly number[]
  | { readonly floats: readonly number[] }
  | readonly string[]
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };

function find(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/** Fields of single values, by the attribute's type. Lists are left out: an empty one is valid. */
const scalarFields = new Map([
  [AttributeType.INT, AttributeProtoSchema.field.i],
  [AttributeType.FLOAT, AttributeProtoSchema.field.f],
  [AttributeType.STRING, AttributeProtoSchema.field.s],
  [AttributeType.TENSOR, AttributeProtoSchema.field.t],
]);

/** What was read of attributes: lowering for each set of shapes asks again. Attributes are replaced, not changed. */
const known = new WeakMap<AttributeProto, unknown>();

/** Reads an attribute of a type, which files of IR version < 3 may leave out. */
function read<T>(
  node: NodeProto,
  name: string,
  type: AttributeType,
  fallback: T | undefined,
  payload: (attribute: AttributeProto) => T,
): T {
  const attribute = find(node, name);
  if (!attribute) {
    if (fallback !== undefined) return fallback;
    throw fault(node, `attribute '${name}' is missing.`);
  }
  if (attribute.refAttrName) throw fault(node, `attribute '${name}' refers to a function's attribute.`);
  const stated = attribute.type as AttributeType;
  if (stated !== type && stated !== AttributeType.UNDEFINED) {
    throw fault(node, `attribute '${name}' is ${AttributeType[stated] ?? stated}, not ${AttributeType[type]}.`);
  }
  const field = scalarFields.get(type);
  // Writers that leave out the values 0 and '' state the type.
  const mayBeAbsent = stated === type && type !== AttributeType.TENSOR;
  if (field && !mayBeAbsent && !isFieldSet(attribute, field)) {
    throw fault(node, `attribute '${name}' has no ${AttributeType[type]}.`);
  }
  if (stated !== type) return payload(attribute);
  let value = known.get(attribute) as T | undefined;
  if (value === undefined) {
    value = payload(attribute);
    known.set(attribute, value);
  }
  return value;
}

function fault(node: NodeProto, summary: string): GdwsError {
  return new GdwsError('MODEL_INVALID', summary, placeOf(node));
}

/** Whether the node has the attribute. */
export function hasAttribute(node: NodeProto, name: string): boolean {
  return find(node, name) !== undefined;
}

export function intAttribute(node: NodeProto, name: string, fallback?: number): number {
  return read(node, name, AttributeType.INT, fallback, ({ i }) => safe(i));
}

export function intsAttribute(node: NodeProto, name: string, fallback?: readonly number[]): number[] {
  return [...read(node, name, AttributeType.INTS, fallback, ({ ints }) => ints.map((i) => safe(i)))];
}

export function floatAttribute(node: NodeProto, name: string, fallback?: number): number {
  return read(node, name, AttributeType.FLOAT, fallback, ({ f }) => f);
}

export function floatsAttribute(node: NodeProto, name: string, fallback?: readonly number[]): number[] {
  return [...read(node, name, AttributeType.FLOATS, fallback, ({ floats }) => floats)];
}

export function stringAttribute(node: NodeProto, name: string, fallback?: string): string {
  return read(node, name, AttributeType.STRING, fallback, ({ s }) => new TextDecoder().decode(s));
}

export function stringsAttribute(node: NodeProto, name: string, fallback?: readonly string[]): string[] {
  const decoder = new TextDecoder();
  return [...read(node, name, AttributeType.STRINGS, fallback, ({ strings }) => strings.map((s) => decoder.decode(s)))];
}

/** The tensor of an attribute, or `undefined` where the node has none of that name. */
export function tensorAttribute(node: NodeProto, name: string): TensorProto | undefined {
  return read<TensorProto | null | undefined>(node, name, AttributeType.TENSOR, null, ({ t }) => t) ?? undefined;
}

/**
 * A body of an If, Loop or Scan.
 *
 * @throws GdwsError MODEL_INVALID where the node has none of that name
 */
export function graphAttribute(node: NodeProto, name: string): GraphProto {
  const graph = read<GraphProto | undefined>(node, name, AttributeType.GRAPH, undefined, ({ g }) => g);
  if (!graph) throw fault(node, `attribute '${name}' has no GRAPH.`);
  return graph;
}

/** The graphs within a node's attributes: the bodies of If, Loop and Scan. */
export function subgraphs(node: NodeProto): GraphProto[] {
  const found: GraphProto[] = [];
  for (const { g, graphs } of node.attribute) {
    if (g) found.push(g);
    if (graphs.length > 0) found.push(...graphs);
  }
  return found;
}

/** Clamps a 64-bit integer to the safe ones: larger values, such as INT64_MAX, mean 'to the end'. */
function safe(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Math.sign(number) * Number.MAX_SAFE_INTEGER;
}

/** An attribute of the type of its value; an empty list is one of integers. Floats are rounded to single precision. */
export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const encoder = new TextEncoder();
  const make = (type: AttributeType, payload: Partial<AttributeProto>) =>
    create(AttributeProtoSchema, { name, type, ...payload } as never);
  if (typeof value === 'number') return make(AttributeType.INT, { i: BigInt(value) });
  if (typeof value === 'string') return make(AttributeType.STRING, { s: encoder.encode(value) });
  if (Array.isArray(value)) {
    return value.length > 0 && typeof value[0] === 'string'
      ? make(AttributeType.STRINGS, { strings: (value as string[]).map((text) => encoder.encode(text)) })
      : make(AttributeType.INTS, { ints: (value as number[]).map(BigInt) });
  }
  if ('float' in value) return make(AttributeType.FLOAT, { f: Math.fround(value.float) });
  if ('floats' in value) return make(AttributeType.FLOATS, { floats: value.floats.map(Math.fround) });
  if ('tensor' in value) return make(AttributeType.TENSOR, { t: value.tensor });
  return make(AttributeType.GRAPH, { g: (value as { graph: GraphProto }).graph });
}
