import fs from 'node:fs';
import path from 'node:path';

/** The version of the package. */
export function version(): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
