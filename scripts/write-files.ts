import fs from 'node:fs';
import path from 'node:path';

/** Writes files of the repository, by path, and prints their names. */
export function writeFiles(files: Readonly<Record<string, () => string>>): void {
  for (const [file, make] of Object.entries(files)) {
    fs.writeFileSync(path.join(__dirname, '..', file), make());
    console.log(file);
  }
}
