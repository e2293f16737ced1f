import { defaultLimits } from '../../base/limits';
import { longestDelay, mostRows } from '../../batching/bounds';
import { fits, orders, presetNames } from '../../data/preprocessing';
import { maxThreads } from '../../engine/threads';

const count = { type: 'integer', minimum: 1 } as const;
const amount = { type: 'number', minimum: 0 } as const;
const side = { type: 'integer', minimum: 1, maximum: 8192 } as const;
const numbers = { type: 'array', items: { type: 'number' }, minItems: 1 } as const;

/** The JSON schema of a model's `config.json`. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxBatch: { type: 'integer', minimum: 1, maximum: mostRows },
    maxDelay: { type: 'number', minimum: 0, maximum: longestDelay },
    maxQueue: { type: 'integer', minimum: 0 },
    versions: {
      anyOf: [
        { const: 'all' },
        { type: 'object', additionalProperties: false, minProperties: 1, properties: { latest: count } },
        { type: 'array', items: count, minItems: 1 },
      ],
    },
    threads: { type: 'integer', minimum: 0, maximum: maxThreads },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, amount])),
    },
    memoryBytes: count,
    warmup: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'integer', minimum: 0 } },
      },
    },
    preprocessing: {
      type: 'object',
      additionalProperties: false,
      properties: {
        preset: { enum: presetNames },
        range: { enum: [1, 255] },
        mean: numbers,
        std: { ...numbers, items: { type: 'number', minimum: 1e-30 } },
        order: { enum: orders },
        fit: { enum: fits },
        crop: { type: 'number', minimum: 0.01, maximum: 1 },
        size: { anyOf: [side, { type: 'array', items: side, minItems: 2, maxItems: 2 }] },
      },
    },
    labels: {
      anyOf: [
        { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*$' },
        { type: 'array', items: { type: 'string' }, minItems: 1 },
      ],
    },
  },
} as const;
