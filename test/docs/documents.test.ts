import fs from 'node:fs';
import path from 'node:path';
import { documents } from '../../scripts/docs/documents';

test.each(Object.entries(documents))("%s is what 'npm run docs' writes", (file, make) => {
  expect(fs.readFileSync(path.join(__dirname, '../..', file), 'utf8')).toBe(make());
});
