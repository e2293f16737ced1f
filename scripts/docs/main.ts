// Writes the documents that are made from the code.
import fs from 'node:fs';
import path from 'node:path';
import { documents } from './documents';

for (const [file, make] of Object.entries(documents)) {
  fs.writeFileSync(path.join(__dirname, '../..', file), make());
  console.log(file);
}
