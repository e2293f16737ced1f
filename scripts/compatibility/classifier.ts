// Writes a small classifier with seeded weights as @huggingface/transformers reads a local model:
//   tsx scripts/compatibility/classifier.ts <folder>
import fs from 'node:fs';
import path from 'node:path';
import { networks } from '../../benchmarks/networks';
import { encodeModel } from '../../src/onnx/write';

const folder = path.join(process.argv[2]!, 'models', 'local', 'classifier');
const { model } = networks['resnet18-cifar']({ kernels: undefined });
const graph = model.graph!;
const renamed = new Map([
  [graph.input[0]!.name, 'pixel_values'],
  [graph.output[0]!.name, 'logits'],
]);
const nameOf = (name: string) => renamed.get(name) ?? name;
for (const node of graph.node) {
  node.input = node.input.map(nameOf);
  node.output = node.output.map(nameOf);
}
for (const value of [...graph.input, ...graph.output]) value.name = nameOf(value.name);
fs.mkdirSync(path.join(folder, 'onnx'), { recursive: true });
fs.writeFileSync(path.join(folder, 'onnx', 'model.onnx'), encodeModel(model));
const labels = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, `class ${i}`]));
const files = {
  'config.json': { model_type: 'resnet', architectures: ['ResNetForImageClassification'], id2label: labels },
  'preprocessor_config.json': {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: 32, width: 32 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.25, 0.25, 0.25],
  },
};
for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), JSON.stringify(content));
