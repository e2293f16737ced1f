import { errorsDocument } from './errors';

/** The documents that are made from the code, by path. */
export const documents: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorsDocument,
};
