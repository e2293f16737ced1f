// Packs what is published: gdws, and @gdws/<target> for each platform.
//   node scripts/platforms/pack.mjs [--targets linux-x64,…] [--addons build/platforms] [--out build/packages] [--json]
// stages <out>/gdws and <out>/<target>, and writes their tarballs to <out>. The addons are built before: <addons>/<target>/gdws.node,
// and for this machine, whose target is also named `this`, build/Release/gdws.node if that is not there.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root, stageMain, stageTarget } from './stage.mjs';
import { published, publishedOf, targetOfMachine } from './targets.mjs';

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: published.map(({ name }) => name).join(',') },
    addons: { type: 'string', default: path.join(root, 'build', 'platforms') },
    out: { type: 'string', default: path.join(root, 'build', 'packages') },
    json: { type: 'boolean', default: false },
  },
});

const out = path.resolve(values.out);
const chosen = values.targets.split(',').map((name) => {
  return (name === 'this' ? targetOfMachine() : undefined) ?? publishedOf(name);
});

// Those first that can fail in a moment.
for (const target of chosen) stageTarget(target, path.resolve(values.addons), path.join(out, target.name));
stageMain(path.join(out, 'gdws'));

const packed = [...chosen.map(({ name }) => name), 'gdws'].map((name) => {
  const settings = ['--json', '--ignore-scripts', '--dry-run=false', '--loglevel=error', '--pack-destination', out];
  const json = execFileSync('npm', ['pack', ...settings], {
    cwd: path.join(out, name),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  return JSON.parse(json)[0];
});
if (values.json) console.log(JSON.stringify(packed));
else for (const { filename, size } of packed) console.log(`${path.join(out, filename)}  ${Math.ceil(size / 1000)} kB`);
