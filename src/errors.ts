/** What went wrong, for programs. `docs/errors.md` says of each what it means and what mends it. */
export type ErrorCode =
  | 'MODEL_UNREADABLE' // the file cannot be opened or is not an ONNX protobuf
  | 'MODEL_INVALID' // it is, but breaks the rules of ONNX
  | 'EXTERNAL_DATA' // weights beside the model are missing, short, or outside its folder
  | 'OPERATOR_UNSUPPORTED' // the engine cannot run this operator, or not with these attributes
  | 'GRADIENT_UNSUPPORTED' // an operator that cannot be differentiated, or not in this form
  | 'SHAPE_MISMATCH' // dimensions that do not fit together
  | 'SHAPE_UNKNOWN' // a dimension that is needed is not known
  | 'TYPE_MISMATCH' // a tensor of the wrong element type
  | 'INPUT_MISSING' // a feed that the model needs was not given
  | 'INPUT_UNKNOWN' // a feed that the model does not have
  | 'OUTPUT_UNKNOWN' // a fetch that the model does not have
  | 'ARGUMENT_INVALID' // an option or argument that makes no sense
  | 'BUDGET_OUT_OF_RANGE' // a budget that is not positive, or that no GDWS network can meet
  | 'OUTPUT_UNWRITABLE' // the result cannot be written
  | 'DATA_UNREADABLE' // an image, array or data set cannot be read
  | 'DEPENDENCY_MISSING' // an optional package that this feature needs is not installed
  | 'ADDON_MISSING' // the native addon cannot be loaded
  | 'SESSION_RELEASED' // a session used after release
  | 'ABORTED' // the AbortSignal of the run fired
  | 'OUT_OF_MEMORY' // the engine could not allocate
  | 'INTERNAL'; // a defect of gdws

/** Where it went wrong and what would mend it. */
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
  /** What would mend it, as a sentence. */
  remedy?: string;
  cause?: unknown;
}

/**
 * The one error type of gdws. Its message names all that is known of the place, for people; its fields say the same, for
 * programs.
 */
export class GdwsError extends Error {
  override readonly name = 'GdwsError';
  readonly file?: string;
  readonly node?: string;
  readonly operator?: string;
  readonly tensor?: string;
  readonly shape?: ErrorDetails['shape'];
  readonly remedy?: string;

  constructor(
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

  /** The same error with more known of its place; what it already says stays. */
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
