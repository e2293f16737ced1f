import fs from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, 'corpus');

/** The files of the corpus by name: seeds, and findings. */
export function readCorpus(): Map<string, Uint8Array> {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  return new Map(names.sort().map((name) => [name, fs.readFileSync(path.join(folder, name))]));
}

export function addToCorpus(name: string, bytes: Uint8Array): void {
  fs.writeFileSync(path.join(folder, `${name}.onnx`), bytes);
}
