import fs from 'node:fs';
import path from 'node:path';

/** A model file, and the dims of its open inputs as programs feed it. */
export interface ZooModel {
  readonly name: string;
  readonly file: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Usual dims of the inputs that known files leave open; a first dim of 1 stands for the batch. */
const usualShapes: readonly (readonly [file: RegExp, shapes: Readonly<Record<string, readonly number[]>>])[] = [
  [/ocr.*det/i, { x: [1, 3, 640, 640] }],
  [/ocr.*rec/i, { x: [1, 3, 48, 320] }],
  [/ocr.*cls/i, { x: [1, 3, 48, 192] }],
  // The rate is fed as 0, which is not 16 kHz.
  [/silero_vad_v5/, { input: [1, 256], state: [2, 1, 128] }],
  [/silero_vad/, { input: [1, 768], h: [2, 1, 64], c: [2, 1, 64] }],
];

/** All `.onnx` files under a folder, each content once. */
export function findModels(folder: string): ZooModel[] {
  const seen = new Set<string>();
  const models: ZooModel[] = [];
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.onnx')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const key = `${entry.name}, ${fs.statSync(file).size}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const shapes = usualShapes.find(([pattern]) => pattern.test(entry.name))?.[1] ?? {};
    models.push({ name: entry.name.replace(/\.onnx$/, ''), file, shapes });
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}
