// Writes the C++ files that are made from the schema of operations.
import fs from 'node:fs';
import path from 'node:path';
import { generatedFiles } from './files';

for (const [file, make] of Object.entries(generatedFiles)) {
  fs.writeFileSync(path.join(__dirname, '../..', file), make());
  console.log(file);
}
