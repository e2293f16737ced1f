// Lets the commands of package.json's "bin" be run in a checkout, as `npx gdws` does: the compiler writes plain files, and only
// npm's own installations set the bit. On Windows there is none, and nothing changes.
import { chmodSync, readFileSync, statSync } from 'node:fs';

const { bin } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const file of Object.values(bin)) chmodSync(file, statSync(file).mode | 0o111);
