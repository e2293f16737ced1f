// Puts the addon where the published package carries it, prebuilds/<platform>-<arch>/, with the OpenMP runtime it needs.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const built = 'build/Release/gdws.node';
const folder = `prebuilds/${process.platform}-${process.arch}`;
// What an earlier version left behind must not be published.
for (const stale of ['dist', 'prebuilds']) rmSync(stale, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
copyFileSync(built, path.join(folder, 'gdws.node'));

if (process.platform === 'linux') {
  execFileSync('strip', ['--strip-unneeded', path.join(folder, 'gdws.node')]);
  const openMp = /libgomp\.so\.1 => (.+) \(0x/.exec(execFileSync('ldd', [built], { encoding: 'utf8' }));
  if (openMp) {
    copyFileSync(realpathSync(openMp[1]), path.join(folder, 'libgomp.so.1'));
    const compiler = execFileSync('c++', ['--version'], { encoding: 'utf8' }).split('\n')[0];
    const licence = 'GPL-3.0-or-later WITH GCC-exception-3.1; see native/third_party/libgomp/README.md';
    writeFileSync(path.join(folder, 'libgomp.txt'), `libgomp.so.1, the OpenMP runtime of ${compiler}\n${licence}\n`);
  }
}
