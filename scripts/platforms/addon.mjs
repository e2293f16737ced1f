// Where the addon of a target was built, and the libraries that it loads from its own folder.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { librariesIn } from './libraries.mjs';
import { addonFile, targetOfMachine, webAssembly } from './targets.mjs';
import { wasmModules } from './wasm.mjs';

/**
 * `<addons>/<name>/gdws.node` or gdws.wasm, with what it loads, or what loads it, beside it; for the machine itself also build/Release/gdws.node, whose libraries
 * are the system's.
 *
 * @returns {{ file: string, isOfMachine: boolean, bytes: Buffer, libraries: object[], companions: { name: string, file: string }[] }}
 */
export function addonOf(target, root, addons) {
  const crossed = path.join(addons, target.name, addonFile(target));
  const ofMachine = path.join(root, 'build', 'Release', 'gdws.node');
  const isOfMachine = !existsSync(crossed) && target === targetOfMachine() && existsSync(ofMachine);
  if (!existsSync(crossed) && !isOfMachine) {
    throw new Error(
      `There is no addon for ${target.name}: ${crossed} is missing. --targets packs some of the platforms.`,
    );
  }
  const file = isOfMachine ? ofMachine : crossed;
  const bytes = readFileSync(file);
  const libraries = librariesIn(bytes, target);
  const companions = libraries
    .filter(({ companion }) => companion)
    .map(({ companion: name }) => ({
      name,
      file: isOfMachine ? ofSystem(file, name) : path.join(path.dirname(file), name),
    }));
  if (target === webAssembly) {
    companions.push(...wasmModules.map((name) => ({ name, file: path.join(path.dirname(file), name) })));
  }
  for (const { file } of companions)
    if (!existsSync(file)) throw new Error(`The addon loads ${file}, which is missing.`);
  return { file, isOfMachine, bytes, libraries, companions };
}

/** The library by which the system's loader answers the addon. */
function ofSystem(addon, name) {
  const lines = execFileSync('ldd', [addon], { encoding: 'utf8' }).split('\n');
  const found = lines.find((line) => line.trim().startsWith(`${name} =>`))?.split(/=>|\(/)[1];
  if (!found) throw new Error(`ldd does not find ${name}, which ${addon} loads.`);
  return realpathSync(found.trim());
}

/** The newest glibc whose symbols the addon asks for, as `2.34`; undefined where it asks for none. */
export function glibcNeededBy(bytes) {
  const versions = [...bytes.toString('latin1').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
  return versions.length > 0 ? `2.${Math.max(...versions)}` : undefined;
}

/** The compiler as it has written itself into the addon; undefined where it has not. */
export function compilerOf(bytes) {
  return /(GCC: \([^)]*\) [\d.]+|clang version [\d.]+)/.exec(bytes.toString('latin1'))?.[0].replace('GCC: ', 'GCC ');
}
