// Whether an addon that npm run build:platforms built has the same bytes when it is built in a folder of another name:
//   npm run test:reproducible -- linux-x64 [--units all] [--jobs 2]
// The sources are copied to a temporary folder. There some units are compiled again, or all, the others are taken as they are, and
// the addon is linked, without anything that Zig remembers of the first build.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compile, configure } from './compile.mjs';
import { addonFile, publishedOf } from './targets.mjs';
import { installZig, zigEnvironment } from './zig.mjs';

const root = path.resolve(import.meta.dirname, '../..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // Those that name files, include headers of packages, throw, have static objects, and one of GCC.
    units: {
      type: 'string',
      default: 'addon/(addon|session|errors)\\.|engine/session\\.|program/program\\.|/integer_(avxvnni|dotprod)\\.',
    },
    jobs: { type: 'string', default: String(os.availableParallelism()) },
  },
});
const target = publishedOf(positionals[0]);
const isCompiled = values.units === 'all' ? () => true : (object) => new RegExp(values.units).test(object);
const first = path.join(root, 'build/platforms', target.name);
const addon = path.join(first, addonFile(target));
if (!existsSync(addon)) throw new Error(`${addon} is missing: npm run build:platforms -- --targets ${target.name}`);

/** The compiled units in the folder of a build, by their names in it. */
function objectsIn(folder) {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all
    .filter((name) => /(^|\/)(core\.dir|gdws\.dir|wasm_exceptions\.dir|vector_units)\/.*\.(o|obj)$/.test(name))
    .sort();
}

/** Where two files differ first, or that they do not. */
function compare(one, other) {
  const [a, b] = [readFileSync(one), readFileSync(other)];
  if (a.equals(b)) return undefined;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return `at byte ${at < 0 ? a.length : at}; ${a.length} and ${b.length} bytes`;
}

const elsewhere = path.join(mkdtempSync(path.join(os.tmpdir(), 'gdws-reproducible-')), 'elsewhere', 'of-another-name');
try {
  mkdirSync(elsewhere, { recursive: true });
  for (const name of ['native', 'cmake', 'CMakeLists.txt', 'package.json'])
    cpSync(path.join(root, name), path.join(elsewhere, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(elsewhere, 'node_modules'));
  const second = path.join(elsewhere, 'build');
  const compiler = {
    zig: installZig(),
    env: { ...zigEnvironment, ZIG_LOCAL_CACHE_DIR: path.join(elsewhere, 'cache') },
  };
  configure(target, elsewhere, second, compiler);
  for (const object of objectsIn(first)) {
    if (isCompiled(object)) continue;
    const copy = path.join(second, object);
    cpSync(path.join(first, object), copy);
    // Newer than what it would be compiled from.
    utimesSync(copy, new Date(), new Date());
  }
  compile(second, values.jobs, compiler);

  const compiled = objectsIn(second).filter(isCompiled);
  if (compiled.length === 0) throw new Error(`No unit is like ${values.units}.`);
  const differing = [...compiled, addonFile(target)].flatMap((name) => {
    const difference = compare(path.join(first, name), path.join(second, name));
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
  if (differing.length > 0) {
    console.error(`Two builds of ${target.name} are not the same:\n${differing.join('\n')}`);
    process.exitCode = 1;
  } else {
    console.log(
      `${target.name}: ${compiled.length} of ${objectsIn(second).length} units and the addon are the same in two folders.`,
    );
  }
} finally {
  rmSync(path.dirname(path.dirname(elsewhere)), { recursive: true, force: true });
}
