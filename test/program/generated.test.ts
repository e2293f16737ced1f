import fs from 'node:fs';
import path from 'node:path';
import { generatedFiles } from '../../scripts/generate-program/files';

test.each(Object.entries(generatedFiles))("%s is what 'npm run generate:program' writes", (file, make) => {
  expect(fs.readFileSync(path.join(__dirname, '../..', file), 'utf8')).toBe(make());
});
