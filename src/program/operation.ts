import { operations, type enumerations, type AttributeSchema, type EnumerationName } from './schema';

export type OpcodeName = keyof typeof operations;

/** A name of one of the schema's enumerations. */
export type NameOf<Enumeration extends EnumerationName> = keyof (typeof enumerations)[Enumeration] & string;

export type ActivationName = NameOf<'Activation'>;
export type UnaryName = NameOf<'UnaryFunction'>;
export type BinaryName = NameOf<'BinaryFunction'>;
export type ReduceName = NameOf<'ReduceFunction'>;
export type CompareName = NameOf<'CompareFunction'>;

/** The activation that an operation applies to its result. */
export interface Activation {
  readonly name: ActivationName;
  readonly a: number;
  readonly b: number;
}

export const noActivation: Activation = { name: 'none', a: 0, b: 0 };

type AttributeValue<Schema extends AttributeSchema> = Schema extends { kind: 'int' | 'float' }
  ? number
  : Schema extends { kind: 'ints' }
    ? readonly number[]
    : Schema extends { kind: 'flag' }
      ? boolean
      : Schema extends { kind: 'name'; of: infer Enumeration extends EnumerationName }
        ? NameOf<Enumeration>
        : Schema extends { kind: 'activation' }
          ? Activation
          : never;

type AttributeSchemas<Opcode extends OpcodeName> = (typeof operations)[Opcode]['attributes'];

/** The attributes of an operation, by their names in the schema. */
export type Attributes<Opcode extends OpcodeName> = {
  readonly [Name in keyof AttributeSchemas<Opcode>]: AttributeSchemas<Opcode>[Name] extends AttributeSchema
    ? AttributeValue<AttributeSchemas<Opcode>[Name]>
    : never;
};

type Defaulted<Schemas> = {
  [Name in keyof Schemas]: Schemas[Name] extends { kind: 'activation' } | { default: number | boolean } ? Name : never;
}[keyof Schemas];

/** Attributes of a new operation: those with a default may be absent. */
export type GivenAttributes<Opcode extends OpcodeName> = Omit<Attributes<Opcode>, Defaulted<AttributeSchemas<Opcode>>> &
  Partial<Attributes<Opcode>>;

/** The last argument of a function that makes an operation; it may be left out where all attributes may be absent. */
export type AttributesArgument<Opcode extends OpcodeName> =
  Record<never, never> extends GivenAttributes<Opcode>
    ? [attributes?: GivenAttributes<Opcode>]
    : [attributes: GivenAttributes<Opcode>];

/** A value of a program, by its place in `Program.values`. */
export type ValueId = number;

/** The ONNX node that an operation computes, for errors. */
export interface Origin {
  readonly node: string;
  readonly operator: string;
}

/** An operation of one opcode; docs/architecture.md has the inputs, outputs and attributes of each. */
export interface Operation<Opcode extends OpcodeName = OpcodeName> {
  readonly opcode: Opcode;
  readonly inputs: readonly (ValueId | undefined)[];
  readonly outputs: readonly ValueId[];
  readonly attributes: Attributes<Opcode>;
  readonly origin: Origin;
}

/** An operation of any opcode, which determines the type of its attributes. */
export type ProgramOperation = { [Opcode in OpcodeName]: Operation<Opcode> }[OpcodeName];

type WithAttribute<Name extends string> = {
  [Opcode in OpcodeName]: Name extends keyof AttributeSchemas<Opcode> ? Opcode : never;
}[OpcodeName];

/** Operations that can apply an activation to their result. */
export type ActivatedOperation = {
  [Opcode in WithAttribute<'activation'>]: Operation<Opcode>;
}[WithAttribute<'activation'>];

/** Makes an operation. Absent attributes have the schema's defaults. */
export function operationOf<Opcode extends OpcodeName>(
  opcode: Opcode,
  inputs: readonly (ValueId | undefined)[],
  outputs: readonly ValueId[],
  origin: Origin,
  ...[attributes]: AttributesArgument<Opcode>
): ProgramOperation {
  return {
    opcode,
    inputs: [...inputs],
    outputs: [...outputs],
    attributes: { ...defaults.get(opcode), ...attributes },
    origin,
  } as unknown as ProgramOperation;
}

const defaults = new Map(
  Object.entries(operations).map(([opcode, { attributes }]) => [opcode as OpcodeName, defaultsOf(attributes)]),
);

function defaultsOf(schemas: Readonly<Record<string, AttributeSchema>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.kind === 'activation') values[name] = noActivation;
    else if ('default' in schema) values[name] = schema.default;
  }
  return values;
}

export function canActivate(operation: ProgramOperation): operation is ActivatedOperation {
  return 'activation' in operations[operation.opcode].attributes;
}

type InputName<Opcode extends OpcodeName> = keyof (typeof operations)[Opcode]['inputs'] extends infer Name extends
  string
  ? Name extends `${infer Bare}?` | `${infer Bare}…`
    ? Bare
    : Name
  : never;

/** The place of a named input among those of an operation, -1 where there is none. */
export function placeOfInput<Opcode extends OpcodeName>(opcode: Opcode, name: InputName<Opcode>): number {
  return Object.keys(operations[opcode].inputs).findIndex((one) => one.replace(/[?…]$/, '') === name);
}
