// Prints the lines of text in a picture: node main.mjs <picture>
// Nothing in here speaks of gdws: package.json gives it to the dependency in the place of onnxruntime-node.
import fs from 'node:fs/promises';
import Ocr from '@gutenye/ocr-node';

async function main() {
  const [picture, ...surplus] = process.argv.slice(2);
  if (!picture || surplus.length > 0) throw new Error('what is wanted is: node main.mjs <picture>');
  // The networks take a while to load: what is wrong with the file shows at once.
  await fs.access(picture, fs.constants.R_OK);
  const ocr = await Ocr.create();
  const lines = await ocr.detect(picture);
  for (const { text, mean } of lines) console.log(`${(100 * mean).toFixed(0).padStart(3)} %  ${text}`);
  if (lines.length === 0) console.error('there is no text in it.');
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
