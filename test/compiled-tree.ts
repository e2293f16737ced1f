import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { transformSync } from '@swc/core';

const root = path.join(__dirname, '..');

/**
 * A folder with the sources in `parts`, folders of this repository, as JavaScript, beside links to the addon and the
 * packages, so that hundreds of processes and workers start without a compiler of their own. The caller removes it.
 */
export function compiledTree(...parts: readonly string[]): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-compiled-'));
  for (const name of ['build', 'node_modules']) fs.symlinkSync(path.join(root, name), path.join(folder, name));
  fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  for (const part of parts) {
    for (const file of fs.readdirSync(path.join(root, part), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const to = path.join(folder, part, file.replace(/\.ts$/, '.js'));
      const { code } = transformSync(fs.readFileSync(path.join(root, part, file), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        swcrc: false,
      });
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.writeFileSync(to, code);
    }
  }
  return folder;
}
