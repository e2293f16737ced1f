import type { ErrorCode } from './error-codes';

export type { ErrorCode };

/** The place of an error, and its remedy. */
export interface ErrorDetails {
  /** Path of the file at fault. */
  file?: string;
  /** Name of the node (or, if it has none, of its first output). */
  node?: string;
  /** Operator of the node, as `Conv`. */
  operator?: string;
  /** Name of the tensor at fault. */
  tensor?: string;
  /** The shape or shapes at fault. */
  shape?: readonly (number | string)[] | readonly (readonly (number | string)[])[];
  /** How to correct it, as a sentence. */
  remedy?: string;
  /** The error that led to this one. */
  cause?: unknown;
}

/**
 * The one error type of gdws. Its message names all that is known of the place, for people; its fields say the same, for
 * programs.
 */
export class GdwsError extends Error {
  /** Identifies the class where `instanceof` cannot: between realms. */
  override readonly name = 'GdwsError';
  /** {@inheritDoc ErrorDetails.file} */
  readonly file?: string;
  /** {@inheritDoc ErrorDetails.node} */
  readonly node?: string;
  /** {@inheritDoc ErrorDetails.operator} */
  readonly operator?: string;
  /** {@inheritDoc ErrorDetails.tensor} */
  readonly tensor?: string;
  /** {@inheritDoc ErrorDetails.shape} */
  readonly shape?: ErrorDetails['shape'];
  /** {@inheritDoc ErrorDetails.remedy} */
  readonly remedy?: string;

  constructor(
    /** What went wrong, for programs; {@link errorCodes} explains each. */
    readonly code: ErrorCode,
    /** The plain statement, without place or remedy. */
    readonly summary: string,
    details: ErrorDetails = {},
  ) {
    super(describe(summary, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.file = details.file;
    this.node = details.node;
    this.operator = details.operator;
    this.tensor = details.tensor;
    this.shape = details.shape;
    this.remedy = details.remedy;
  }

  /** The same error with more details of its place; details that it has already stay. */
  within(place: ErrorDetails): GdwsError {
    return new GdwsError(this.code, this.summary, {
      ...place,
      ...Object.fromEntries(
        Object.entries({
          file: this.file,
          node: this.node,
          operator: this.operator,
          tensor: this.tensor,
          shape: this.shape,
          remedy: this.remedy,
          cause: this.cause,
        }).filter(([, value]) => value !== undefined),
      ),
    });
  }
}

/** The error itself; a GdwsError gets more details of its place, but where it is not of a model. */
export function located(error: unknown, place: ErrorDetails): unknown {
  return error instanceof GdwsError && error.code !== 'ADDON_MISSING' ? error.within(place) : error;
}

function describe(summary: string, { file, node, operator, tensor, shape, remedy }: ErrorDetails): string {
  const place: string[] = [];
  if (file !== undefined) place.push(file);
  if (node !== undefined || operator !== undefined)
    place.push([operator, node && `'${node}'`].filter(Boolean).join(' '));
  if (tensor !== undefined) place.push(`tensor '${tensor}'`);
  if (shape !== undefined) place.push(`shape ${formatShape(shape)}`);
  return `${place.length ? `${place.join(', ')}: ` : ''}${summary}${remedy ? ` ${remedy}` : ''}`;
}

function formatShape(shape: NonNullable<ErrorDetails['shape']>): string {
  return shape.some(Array.isArray)
    ? (shape as readonly (readonly (number | string)[])[]).map((one) => `[${one.join(', ')}]`).join(' and ')
    : `[${shape.join(', ')}]`;
}
