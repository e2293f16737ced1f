import path from 'node:path';

/**
 * The folder beside whose files a module of this package finds what is not JavaScript. In a bundle that is the folder of
 * the bundle; as ES modules have no `__dirname`, that of the script which Node was started with stands for it there.
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
