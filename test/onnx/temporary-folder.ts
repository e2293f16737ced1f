import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder for the tests of one file, removed after them. */
export function temporaryFolder(): { readonly path: string; file(...parts: string[]): string } {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-test-'));
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
  return { path: root, file: (...parts) => path.join(root, ...parts) };
}
