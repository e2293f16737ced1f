import fs from 'node:fs';
import { inspect } from 'node:util';
import { errorCodes, type ErrorCode } from '../../src';
import { temporaryFolder } from '../onnx/temporary-folder';
import { provocations, thrownBy } from './provocations';

const folder = temporaryFolder();

/** What needs an addon that is not there, the command line, or a repository of models. */
const provokedElsewhere: readonly ErrorCode[] = [
  ...(['ADDON_MISSING', 'DROP_EXCEEDED', 'MODEL_UNKNOWN', 'MODEL_NOT_READY', 'SERVER_CLOSING'] as const),
];

test('every code is provoked', () => {
  const provoked = new Set<string>([...provocations.map(({ code }) => code), ...provokedElsewhere]);
  expect([...provoked].sort()).toEqual(Object.keys(errorCodes).sort());
});

const titled = provocations.map((provocation, index) => ({ ...provocation, index }));
test.each(titled)('$code: $title', async (provocation) => {
  const place = folder.file(`${provocation.index}`);
  fs.mkdirSync(place);
  const file = `${place}/model.onnx`;
  const error = await thrownBy(provocation, file);
  const { names } = provocation;
  expect(error).toMatchObject({
    name: 'GdwsError',
    code: provocation.code,
    ...names,
    file: names.file === true ? file : names.file ? (expect.stringContaining(names.file) as string) : undefined,
  });
  // All that the error knows stands in its message too.
  for (const name of [error.file, error.node, error.operator, error.tensor, error.summary, error.remedy]) {
    if (name !== undefined) expect(error.message).toContain(name);
  }
  for (const dim of error.shape?.flat() ?? []) expect(error.message).toContain(String(dim));
  expect(error.message).not.toMatch(/undefined(?! is not a function)|\[object|NaN(?!\.)/);
  // Logs print and serialize it: it shows what is documented, and nothing of the model.
  const documented = ['code', 'file', 'name', 'node', 'operator', 'remedy', 'shape', 'summary', 'tensor'].concat(
    // Of a client's ServerError.
    ['status', 'said', 'retryAfter'],
  );
  expect(Object.keys(JSON.parse(JSON.stringify(error)) as object).filter((key) => !documented.includes(key))).toEqual(
    [],
  );
  expect(inspect(error)).toMatch(/^(ServerError \[GdwsError\]|GdwsError): /);
});
