import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { GdwsError } from '../base/errors';
import { libcFamily, libcOfProcess } from './libc';
import { here, manifestIn, ownManifest, packageFolder, type Manifest } from './package';
import { platformPackages } from './platform-packages';
import { buildCommand } from './remedies';

/**
 * The addon's file. Only GDWS_ADDON if it is set; else beside a bundle, then the package's build of this machine, then that of
 * the package for this platform, then WebAssembly's, `gdws.wasm`, if that was installed.
 *
 * @throws GdwsError ADDON_MISSING
 */
export function findAddon(): string {
  const { GDWS_ADDON } = process.env;
  if (GDWS_ADDON) return namedByUser(GDWS_ADDON);
  const own = ownManifest();
  const built = [
    path.join(here, 'gdws.node'),
    ...(own ? [path.join(packageFolder, 'build', 'Release', 'gdws.node')] : []),
  ];
  return (
    built.find((file) => fs.existsSync(file)) ??
    ofPackage(platformName(), 'gdws.node', own) ??
    ofPackage('wasm32', 'gdws.wasm', own) ??
    fail(own, built)
  );
}

function namedByUser(file: string): string {
  const resolved = path.resolve(file);
  if (fs.existsSync(resolved)) return resolved;
  throw new GdwsError('ADDON_MISSING', 'the environment variable GDWS_ADDON names an addon that does not exist.', {
    file,
    remedy:
      'Unset GDWS_ADDON, so that the addon of the package is used, or set it to the path of an addon, as node_modules/@gdws/<platform>/gdws.node.',
  });
}

/** The name of this platform's package after `@gdws/`, whether or not there is such a package. */
function platformName(): string {
  const isMusl = (libcFamily() ?? libcOfProcess()?.family) === 'musl';
  return `${process.platform}${isMusl ? 'musl' : ''}-${process.arch}`;
}

/** The addon in an installed package; undefined where there is none. */
function installed(name: string, addon = 'gdws.node'): string | undefined {
  try {
    return createRequire(path.join(here, 'find.js')).resolve(`@gdws/${name}/${addon}`);
  } catch {
    return undefined;
  }
}

function ofPackage(name: string, addon: string, own: Manifest | undefined): string | undefined {
  const file = installed(name, addon);
  const version = own?.version;
  if (!file || !version) return file;
  const found = manifestIn(path.dirname(file))?.version;
  if (found === version) return file;
  throw new GdwsError('ADDON_MISSING', `gdws is of version ${version}, and its addon of version ${found}.`, {
    file,
    remedy: `Install the addon that belongs to it: npm install --save-optional @gdws/${name}@${version}`,
  });
}

/** Says why there is no addon. */
function fail(own: Manifest | undefined, built: readonly string[]): never {
  const name = platformName();
  const libc = libcOfProcess();
  const system = libc ? `${libc.family} ${libc.version ?? 'of unknown version'}, ` : '';
  const platform = `${process.platform}-${process.arch} (${system}Node ${process.version})`;
  if (!own) {
    throw new GdwsError(
      'ADDON_MISSING',
      `gdws, in a bundle, has no addon for ${platform}: there is none of ${built.join(', ')}, and no package @gdws/${name} above ${here}.`,
      {
        remedy: `Leave gdws out of the bundle (esbuild: --external:gdws), or put the files of node_modules/@gdws/${name} beside the bundle, or set the environment variable GDWS_ADDON to the path of the addon: docs/bundlers.md.`,
      },
    );
  }
  if (own.private) {
    throw new GdwsError(
      'ADDON_MISSING',
      `there is no addon for ${platform} in this checkout: none of ${built.join(', ')}.`,
      {
        remedy: 'Build it: npm run build:native',
      },
    );
  }
  if (!platformPackages.includes(name)) {
    throw new GdwsError(
      'ADDON_MISSING',
      `gdws has no package for ${platform}, and there is none of ${built.join(', ')}.`,
      {
        remedy: `Build the addon (needs CMake and GCC or Clang for C++20): ${buildCommand}`,
      },
    );
  }
  const others = platformPackages.filter((other) => installed(other) !== undefined);
  if (others.length > 0) {
    throw new GdwsError(
      'ADDON_MISSING',
      `gdws was installed for another platform, with @gdws/${others.join(', @gdws/')}, and this is ${platform}: there is none of ${built.join(', ')}, and no package @gdws/${name} above ${here}.`,
      {
        remedy: `Do not copy node_modules from one platform to another: install where the program runs, or for it: npm install ${npmPlatform(libc?.family)}`,
      },
    );
  }
  throw new GdwsError(
    'ADDON_MISSING',
    `gdws has no addon for ${platform}: there is none of ${built.join(', ')}, and no package @gdws/${name} above ${here}.`,
    { remedy: `Install it: npm install --save-optional @gdws/${name}@${own.version}` },
  );
}

/** The options by which npm installs for this platform on another. */
function npmPlatform(libc: string | undefined): string {
  return `--os=${process.platform} --cpu=${process.arch}${libc ? ` --libc=${libc}` : ''}`;
}
