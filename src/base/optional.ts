import { GdwsError } from './errors';

/**
 * Loads a module that needs optional packages.
 *
 * @param packages their names
 * @throws GdwsError DEPENDENCY_MISSING where one is not installed
 */
export async function withPackages<Module>(packages: readonly string[], load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = packages.find((name) => message.includes(`'${name}'`));
    if (!missing || (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new GdwsError('DEPENDENCY_MISSING', `the package '${missing}' is not installed.`, {
      remedy: `Install it: npm install ${packages.join(' ')}`,
      cause,
    });
  }
}

/**
 * Loads an optional package. Bundlers cannot resolve the import, since its name is computed: the package need not be
 * installed when a program is bundled.
 *
 * @throws GdwsError DEPENDENCY_MISSING where it is not installed
 */
export function optionalPackage<Module>(name: string): Promise<Module> {
  return withPackages([name], () => import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<Module>);
}
