import { errorsDocument } from './errors';
import { operatorsDocument } from './operators';

/** The documents that are made from the code, by path. */
export const documents: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsDocument,
  'docs/operators.md': operatorsDocument,
};
