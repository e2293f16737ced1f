import { architectureDocument } from './architecture';
import { errorsDocument } from './errors';
import { operatorsDocument } from './operators';

/** The documents that are made from the code, wholly or in part, by path. */
export const documents: Readonly<Record<string, () => string>> = {
  'docs/architecture.md': architectureDocument,
  'docs/errors.md': errorsDocument,
  'docs/operators.md': operatorsDocument,
};
