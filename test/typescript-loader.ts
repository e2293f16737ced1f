import { pathToFileURL } from 'node:url';

/** Options of Node with which a process runs TypeScript, whatever its working folder is. */
export const typescriptLoader = ['--import', pathToFileURL(require.resolve('tsx')).href] as const;
