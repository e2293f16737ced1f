import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const home = path.join(__dirname, '../..');

test('every export has a docstring, and every link in one has a target', async () => {
  const typedoc = path.join(home, 'node_modules/typedoc/bin/typedoc');
  // Types are checked by `npm run typecheck`. TypeDoc is a module of ECMAScript, which Jest does not load.
  const args = [typedoc, '--emit', 'none', '--skipErrorChecking', '--logLevel', 'Warn'];
  const warnings = await promisify(execFile)(process.execPath, args, { cwd: home }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr || 'typedoc failed',
  );
  expect(warnings).toBe('');
});
