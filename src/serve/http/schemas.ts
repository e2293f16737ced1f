/** Schemas of the OpenAPI document; what is sent is checked by the code that reads it. */
type Schema = Readonly<Record<string, unknown>>;

const string = { type: 'string' };
const integer = { type: 'integer' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema => ({
  ...{ type: 'object', properties },
  ...(required.length > 0 && { required }),
});

const parameters = { type: 'object', additionalProperties: true };
const shape = list(integer);
const datatype = {
  type: 'string',
  enum: 'BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 BF16'.split(' '),
};
const tensorMetadata = object({ name: string, datatype: string, shape });
const duration = object({ count: integer, ns: integer });

const inferRequest = object(
  {
    id: string,
    parameters,
    inputs: list(
      object({ name: string, shape, datatype, parameters, data: { type: 'array', items: {} } }, [
        'name',
        'shape',
        'datatype',
      ]),
    ),
    outputs: list(object({ name: string, parameters }, ['name'])),
  },
  ['inputs'],
);
const inferResponse = object(
  {
    model_name: string,
    model_version: string,
    id: string,
    outputs: list(
      object({ name: string, shape, datatype, parameters, data: { type: 'array', items: {} } }, [
        'name',
        'shape',
        'datatype',
      ]),
    ),
  },
  ['model_name', 'model_version', 'outputs'],
);
const modelMetadata = object({
  ...{ name: string, versions: list(string), platform: string },
  ...{ inputs: list(tensorMetadata), outputs: list(tensorMetadata) },
});
const statistics = object({
  model_stats: list(
    object({
      ...{ name: string, version: string, last_inference: integer, inference_count: integer, execution_count: integer },
      inference_stats: object({
        ...{ success: duration, fail: duration, queue: duration },
        ...{ compute_input: duration, compute_infer: duration, compute_output: duration },
      }),
      batch_stats: list(object({ batch_size: integer, compute_infer: duration })),
      memory_usage: list(object({ type: string, id: integer, byte_size: integer })),
    }),
  ),
});
const classification = object({
  ...{ model_name: string, model_version: string },
  classes: list(
    object({ index: integer, label: string, value: { type: 'number' }, probability: { type: 'number' } }, [
      ...['index', 'value', 'probability'],
    ]),
  ),
});
const index = list(object({ name: string, version: string, state: string, reason: string }));
const error = object({ error: string });

/** The schema of a route: what it is for, and what it answers. */
function route(summary: string, answer: Schema, more: Schema = {}): Schema {
  return { summary, response: { 200: { description: 'done', ...answer }, '4xx': error, '5xx': error }, ...more };
}

/** The schema of each route. */
export const schemas = {
  live: route('Whether the server is there', object({ live: { type: 'boolean' } })),
  ready: route('Whether requests should be sent here', object({ ready: { type: 'boolean' } })),
  server: route('Name, version and extensions', object({ name: string, version: string, extensions: list(string) })),
  model: route('Inputs and outputs of a model', modelMetadata),
  modelReady: route('Whether a model is ready', object({ name: string, ready: { type: 'boolean' } })),
  infer: route('Runs a model on tensors', inferResponse, { body: inferRequest }),
  classify: route('The likeliest classes of a picture', classification, {
    consumes: ['image/jpeg', 'image/png', 'image/webp'],
    body: { type: 'string', format: 'binary' },
    querystring: object({ top: { type: 'integer', minimum: 1, default: 5 } }, []),
  }),
  configuration: route("A model as Triton's configuration describes it", {
    type: 'object',
    additionalProperties: true,
  }),
  statistics: route('What was answered', statistics),
  index: route('All versions of models', index, { body: object({ ready: { type: 'boolean' } }, []) }),
  load: route('Loads what is new or changed of a model', { type: 'object' }),
  unload: route('Takes a model out', { type: 'object' }),
} as const;
