import path from 'node:path';

/**
 * The folder in which a module of this package looks for files that are not JavaScript: its own, or that of the bundle. ES
 * modules have no `__dirname`; there it is the folder of the script that Node was started with.
 *
 * @param own gives the module's `__dirname`
 */
export function folderOf(own: () => string): string {
  try {
    return own();
  } catch {
    return path.dirname(path.resolve(process.argv[1] ?? ''));
  }
}
