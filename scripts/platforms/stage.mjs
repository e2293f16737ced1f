// Writes the folders that are published: the package gdws, and @gdws/<target>, which has the addon.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addonOf, compilerOf, glibcNeededBy } from './addon.mjs';
import { stageSources } from './sources.mjs';
import { addonFile, targets, webAssembly } from './targets.mjs';

export const root = path.resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

function emptied(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function writeManifest(folder, content) {
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}

/** The package gdws: JavaScript compiled from src/, the sources of the addon, documents; the addons are optional dependencies. */
export function stageMain(folder) {
  emptied(folder);
  // Only what works in a checkout is left out.
  // eslint-disable-next-line no-unused-vars
  const { private: isPrivate, scripts, devDependencies, allowScripts, overrides, ...published } = manifest;
  const addons = Object.fromEntries(targets.map(({ name }) => [`@gdws/${name}`, manifest.version]));
  const engine = `@gdws/${webAssembly.name}`;
  writeManifest(folder, {
    ...published,
    optionalDependencies: { ...published.optionalDependencies, ...addons },
    // Installed by who wants it; where packages see only what they name, as in pnpm, it is found by this.
    peerDependencies: { ...published.peerDependencies, [engine]: manifest.version },
    peerDependenciesMeta: { ...published.peerDependenciesMeta, [engine]: { optional: true } },
  });

  stageSources(root, folder);
  const made = ['dist', 'native.tar.xz', 'CMakeLists.txt'];
  const copied = manifest.files.filter((entry) => !entry.startsWith('!') && !made.includes(entry));
  for (const entry of [...copied, 'README.md', 'LICENSE']) {
    cpSync(path.join(root, entry), path.join(folder, entry), { recursive: true });
  }
  const dist = path.join(folder, 'dist');
  const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 'inherit'] });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', dist);
  run('scripts/copy-charts.mjs', dist);
  run('scripts/browser/entry.mjs', dist);
}

/** A package with nothing but the addon of a target, and the licences of what is in it. `addons`: where they were built. */
export function stageTarget(target, addons, folder) {
  const { bytes, file, isOfMachine, libraries, companions } = addonOf(target, root, addons);
  emptied(folder);
  const addon = path.join(folder, addonFile(target));
  cpSync(file, addon);
  // Symbols that only debuggers need, in an addon of this machine's compiler; those for other platforms come without.
  if (isOfMachine && target.os === 'linux') {
    execFileSync('strip', ['--strip-unneeded', addon]);
  }
  for (const one of companions) cpSync(one.file, path.join(folder, one.name));
  for (const name of [addonFile(target), ...companions.map(({ name }) => name)])
    chmodSync(path.join(folder, name), 0o755);
  cpSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  mkdirSync(path.join(folder, 'licences'));
  for (const licence of libraries.flatMap(({ files }) => files)) {
    if (!existsSync(path.join(root, licence))) throw new Error(`The licence ${licence} is missing.`);
    cpSync(path.join(root, licence), path.join(folder, 'licences', path.basename(licence)));
  }
  writeManifest(folder, targetManifest(target, libraries));
  writeFileSync(path.join(folder, 'README.md'), readme(target, libraries, bytes));
}

/** By `exports`, Node takes the addon by its name, and browsers the module that loads it. */
const wasmExports = {
  '.': { types: './gdws.d.mts', browser: './gdws.mjs', node: './gdws.cjs', default: './gdws.mjs' },
  './browser': { types: './browser.d.mts', default: './browser.mjs' },
  './gdws.wasm': './gdws.wasm',
  './package.json': './package.json',
};

function targetManifest(target, libraries) {
  const { name, os, cpu, libc, title } = target;
  const licences = new Set([manifest.license, ...libraries.flatMap(({ licence }) => licence.split(' AND '))]);
  const license = [...licences].map((one) => (one.includes(' WITH ') ? `(${one})` : one)).join(' AND ');
  const { version, homepage, bugs, repository, author, engines } = manifest;
  return {
    name: `@gdws/${name}`,
    version,
    description: `The addon of gdws for ${title}`,
    homepage,
    bugs,
    repository,
    license,
    author,
    // Yarn keeps packages in archives, from which no system loads an addon.
    preferUnplugged: true,
    exports:
      target === webAssembly ? wasmExports : { './gdws.node': './gdws.node', './package.json': './package.json' },
    engines,
    ...(os && { os: [os], cpu: [cpu] }),
    ...(libc && { libc: [libc] }),
  };
}

function readme(target, libraries, bytes) {
  const { name, title, libc } = target;
  const glibc = glibcNeededBy(bytes);
  const compiler = compilerOf(bytes);
  const needs = libc === 'glibc' && glibc ? ` It needs glibc ${glibc} or newer.` : '';
  const rows = libraries.map(({ name, licence, source }) => `| ${name} | ${licence} | ${source} |`);
  return `# @gdws/${name}

The addon of [gdws](${manifest.homepage}) for ${title}.${needs} ${target === webAssembly ? 'For browsers, and for systems that no other package is for: `npm install @gdws/wasm32`.' : 'It is installed with `gdws`, by npm, where it fits.'}${compiler ? ` Compiled by ${compiler}.` : ''}

gdws itself is under the ${manifest.license} licence (\`LICENSE\`). The addon also contains or loads:

| library | licence, in \`licences/\` | source |
| --- | --- | --- |
${rows.join('\n')}
`;
}
