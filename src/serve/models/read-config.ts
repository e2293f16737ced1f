import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { GdwsError } from '../../base/errors';
import { optionalPackage } from '../../base/optional';
import { suggestName } from '../../base/options';
import { readAndClose, openRegular } from '../../onnx/regular-file';
import { configSchema } from './config-schema';
import type { ModelConfig } from './model-config';

/** Bytes of a config.json: one with the names of many classes has some hundred thousand. */
const mostBytes = 2e7;

/**
 * Reads a `config.json`.
 *
 * @throws GdwsError CONFIG_INVALID, naming the file and the key; DEPENDENCY_MISSING without the package ajv
 */
export async function readConfig(file: string): Promise<ModelConfig> {
  let config: unknown;
  try {
    const bytes = await readAndClose(await openRegular(file), (size) => {
      if (size > mostBytes) throw new RangeError(`it has ${size} bytes`);
    });
    config = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(
      file,
      `the configuration cannot be read: ${(cause as Error).message}.`,
      'Write an object in JSON.',
      cause,
    );
  }
  return checkConfig(config, file);
}

/** @throws GdwsError CONFIG_INVALID, DEPENDENCY_MISSING */
export async function checkConfig(config: unknown, file: string): Promise<ModelConfig> {
  const validate = await (validator ??= makeValidator());
  if (validate(config)) return config as ModelConfig;
  // Of alternatives, each has its error; the one for all of them comes last.
  const error = validate.errors!.find(({ keyword }) => keyword === 'additionalProperties') ?? validate.errors!.at(-1)!;
  throw refusal(error, file);
}

let validator: Promise<ValidateFunction> | undefined;

async function makeValidator(): Promise<ValidateFunction> {
  try {
    const module = await optionalPackage<{ Ajv: typeof Ajv }>('ajv');
    return new module.Ajv({ verbose: true, allowUnionTypes: true }).compile(configSchema);
  } catch (error) {
    // It may be installed later.
    validator = undefined;
    throw error;
  }
}

function refusal(
  { instancePath, keyword, params, message, parentSchema, schema }: ErrorObject,
  file: string,
): GdwsError {
  const place = instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    const known = Object.keys((parentSchema as { properties: object }).properties);
    const key = place === '' ? name : `${place}.${name}`;
    return invalid(file, `there is no key '${key}'.`, suggestName(name, known, 'Keys'));
  }
  if (place === '') return invalid(file, `the configuration is wrong: it ${message}.`, 'Write an object in JSON.');
  if (keyword === 'enum' || keyword === 'anyOf') {
    const remedy = keyword === 'enum' ? `Give one of: ${(schema as unknown[]).join(', ')}.` : see;
    return invalid(file, `the key '${place}' has a value that it does not take.`, remedy);
  }
  return invalid(file, `the key '${place}' is wrong: it ${message}.`, see);
}

const see = 'docs/serving-models.md says what it takes.';

function invalid(file: string, summary: string, remedy: string, cause?: unknown): GdwsError {
  return new GdwsError('CONFIG_INVALID', summary, { file, remedy, cause });
}
