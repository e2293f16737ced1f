// Fails where a C++ file of native/ includes against the arrows
//   base ← program ← kernels ← engine ← addon, base ← linalg ← addon
// or where files include each other in a circle:
//   node scripts/check-native-layers.mjs [folder]
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The folders whose files those of a folder may include, besides their own. */
const below = {
  base: [],
  program: ['base'],
  kernels: ['base', 'program'],
  engine: ['base', 'program', 'kernels'],
  linalg: ['base'],
  addon: ['base', 'program', 'kernels', 'engine', 'linalg'],
};

const root = process.argv[2] ?? 'native';

/** The files of native/ that a file includes. */
function includesOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const names = [...text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].map((match) => match[1]);
  return names.map((name) => [name, path.posix.join(path.posix.dirname(file), name)].find(isFile) ?? name);
}

function isFile(name) {
  return existsSync(path.join(root, name));
}

function layerOf(file) {
  return file.split('/')[0];
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.(cpp|h)$/.test(file) && !file.startsWith('third_party/'));
const included = new Map(files.map((file) => [file, includesOf(file)]));

const errors = [];
for (const [file, names] of included) {
  const layer = layerOf(file);
  if (!below[layer]) errors.push(`${file} is in no folder that has a place among the others`);
  for (const name of names) {
    if (!isFile(name)) errors.push(`${file} includes ${name}, which is not in ${root}/`);
    else if (layerOf(name) !== layer && !below[layer]?.includes(layerOf(name))) {
      errors.push(`${file} includes ${name}, against the arrows`);
    }
  }
}

/** Files that are known to be part of no circle. */
const clear = new Set();
function findCircle(file, way) {
  if (clear.has(file)) return;
  if (way.includes(file)) {
    errors.push(`a circle: ${[...way.slice(way.indexOf(file)), file].join(' → ')}`);
    return;
  }
  for (const name of included.get(file) ?? []) findCircle(name, [...way, file]);
  clear.add(file);
}
for (const file of files) findCircle(file, []);

for (const error of errors) console.error(error);
if (errors.length > 0) process.exitCode = 1;
