import { GdwsError, type ErrorCode } from '../base/errors';

/** How an error is answered in both protocols. */
export interface Failure {
  readonly http: number;
  /** Number of the status, as gRPC has them. */
  readonly grpc: number;
  /** For the client: what it did wrong, and nothing of the server. */
  readonly message: string;
  /** Whether the same request may succeed after a while. */
  readonly isTransient: boolean;
}

/** Statuses of gRPC. */
export const grpcStatus = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

type Answer = readonly [http: number, grpc: number];

const badRequest: Answer = [400, grpcStatus.invalidArgument];
const unavailable: Answer = [503, grpcStatus.unavailable];

/** Errors whose message is the client's to read: it names nothing but tensors, shapes and models. */
const answers: Readonly<Partial<Record<ErrorCode, Answer>>> = {
  ARGUMENT_INVALID: badRequest,
  SHAPE_MISMATCH: badRequest,
  SHAPE_UNKNOWN: badRequest,
  TYPE_MISMATCH: badRequest,
  INPUT_MISSING: badRequest,
  INPUT_UNKNOWN: badRequest,
  OUTPUT_UNKNOWN: badRequest,
  DATA_UNREADABLE: badRequest,
  LIMIT_EXCEEDED: badRequest,
  MODEL_UNKNOWN: [404, grpcStatus.notFound],
  ABORTED: [499, grpcStatus.cancelled],
  DEADLINE_EXCEEDED: [504, grpcStatus.deadlineExceeded],
  MODEL_NOT_READY: unavailable,
  QUEUE_FULL: unavailable,
  SERVER_CLOSING: unavailable,
  SESSION_RELEASED: unavailable,
  OUT_OF_MEMORY: [503, grpcStatus.resourceExhausted],
  DEPENDENCY_MISSING: [501, grpcStatus.unimplemented],
};

/** An error that is the protocol's own, with its statuses. */
export class ProtocolError extends Error {
  constructor(
    readonly http: number,
    readonly grpc: number,
    message: string,
  ) {
    super(message);
  }
}

/** How an error is answered; the log has the rest. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProtocolError) {
    const { http, grpc, message } = error;
    return { http, grpc, message, isTransient: http === 429 || http === 503 };
  }
  if (!(error instanceof GdwsError)) return internal('the request could not be answered.');
  const answer = answers[error.code];
  if (answer === undefined) return internal(`the request could not be answered: ${error.code}.`);
  const [http, grpc] = answer;
  // The same text without the path of a file.
  const { summary, node, operator, tensor, shape, remedy } = error;
  const isPathless = error.file === undefined;
  const text = isPathless ? error : new GdwsError(error.code, summary, { node, operator, tensor, shape, remedy });
  return { http, grpc, message: text.message, isTransient: http === 503 };
}

function internal(summary: string): Failure {
  return { http: 500, grpc: grpcStatus.internal, message: `${summary} The server's log says why.`, isTransient: false };
}

/** Whether the log should say more than that it was answered so. */
export function isFault(failure: Failure): boolean {
  return failure.http === 500 || failure.http === 501;
}
