import os from 'node:os';
import { GdwsError, type ErrorDetails } from './errors';
import { group, number, pickOptions, type OptionTable } from './options';

/**
 * Limits of a model's resources. A server that opens untrusted models sets them to the needs of its own models; the defaults
 * accept real networks, and stop a hostile file before it exhausts the machine. Where one is exceeded, an error of code
 * LIMIT_EXCEEDED names it. `Infinity` removes a limit.
 */
export interface Limits {
  /** Bytes of a model file, without data beside it. Default 2 GiB, the most that protobuf allows, or less: see `memoryBytes`. */
  readonly fileBytes: number;
  /** Bytes of the files beside a model that hold weights, together, and of the weights in them. Default as `memoryBytes`. */
  readonly externalBytes: number;
  /** Bytes of one tensor, stored or computed. Default 8 GiB. */
  readonly tensorBytes: number;
  /** Nodes, those in subgraphs and functions included. Default 250,000. */
  readonly nodes: number;
  /**
   * Bytes that the network needs for inputs of one shape: its weights as the engine holds them, packed for their kernels, and
   * working memory and outputs of one run. Also the bytes of all constants that are computed before the first run. Default three quarters of
   * the memory that the machine or container has.
   */
  readonly memoryBytes: number;
  /** Protobuf messages within each other; a subgraph within a node takes three. Default 100, as in protobuf itself. */
  readonly depth: number;
  /**
   * Elements that are read and written to compute constants before the first run, on the JavaScript thread; beyond that a
   * model may have 2 for each byte that it stores. Default 2²⁶, some seconds.
   */
  readonly foldedElements: number;
  /** Trips of all Loop and Scan nodes in one run. Default 2²⁰, some tens of seconds. */
  readonly trips: number;
}

const maxMemory = Math.floor(0.75 * memoryOfProcess());

/** The limits where none are given, for the memory of this machine or container. */
export const defaultLimits: Limits = {
  fileBytes: Math.min(2 ** 31, maxMemory),
  externalBytes: maxMemory,
  tensorBytes: 2 ** 33,
  nodes: 250_000,
  memoryBytes: maxMemory,
  depth: 100,
  foldedElements: 2 ** 26,
  trips: 2 ** 20,
};

/** A cgroup's limit where there is one; without one, Node returns 0 or more than the machine has. */
function memoryOfProcess(): number {
  const total = os.totalmem();
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, total) : total;
}

const limit = number({ from: 0 });
const limitOptions: OptionTable<Limits> = {
  fileBytes: limit,
  externalBytes: limit,
  tensorBytes: limit,
  nodes: limit,
  memoryBytes: limit,
  depth: limit,
  foldedElements: limit,
  trips: limit,
};

/** The option `limits`. */
export const limitsOption = group(limitOptions);

/** The given limits, and defaults for the rest. */
export function limitsOf({ limits = {} }: { readonly limits?: Partial<Limits> }): Limits {
  return { ...defaultLimits, ...pickOptions(limitOptions, limits) };
}

/** @throws GdwsError LIMIT_EXCEEDED where the value is above the limit, naming both */
export function checkLimit(
  limits: Limits,
  name: keyof Limits,
  value: number,
  what: string,
  details: ErrorDetails = {},
): void {
  if (value <= limits[name]) return;
  throw new GdwsError('LIMIT_EXCEEDED', `${what}: ${value}, and the limit ${name} is ${limits[name]}.`, {
    ...details,
    remedy: `Where the model is trusted, raise the option limits.${name}.`,
  });
}
