import { gzipSync } from 'node:zlib';
import { formatOf } from '../../src/onnx/file-format';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { smallNetwork } from '../graph/small-network';
import { refusal } from './refusal';

const model = encodeModel(smallNetwork());

/** Bytes as characters, with what follows the part that tells. */
const bytes = (text: string, rest = '\0'.repeat(300)) => new Uint8Array(Buffer.from(text + rest, 'latin1'));

/** The header of a zip archive's first file. */
const zipOf = (name: string, rest = '') =>
  bytes(`PK\x03\x04\x14\0\0\0\0\0${'\0'.repeat(16)}${String.fromCharCode(name.length)}\0\0\0${name}${rest}`);

const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';

const files: readonly [string, Uint8Array, remedy: string][] = [
  ['empty', new Uint8Array(0), 'export'],
  ['Git LFS', bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146', '\nsize 5\n'), 'git lfs pull'],
  ['HTML', bytes('\n<!DOCTYPE html><html><head><title>Sign in</title>', '</html>'), 'raw'],
  ['XML', bytes('<?xml version="1.0"?>\n<net name="model" version="11">', '</net>'), 'converted from'],
  ['PNG', bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), 'place of the model'],
  ['JPEG', bytes('\xff\xd8\xff\xe0\0\x10JFIF\0'), 'place of the model'],
  ['GIF', bytes('GIF89a'), 'place of the model'],
  ['WebP', bytes('RIFF\x24\0\0\0WEBPVP8 '), 'place of the model'],
  ['numpy', bytes("\x93NUMPY\x01\0v\0{'descr': '<f4'"), 'place of the model'],
  ['PyTorch', zipOf('resnet18/data.pkl', '\x80\x02ccollections\nOrderedDict\n'), 'torch.onnx.export'],
  ['pickle', bytes('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.'), 'torch.onnx.export'],
  ['Keras 3', bytes('PK\x03\x04\x14\0\0\0\0\0', `${'\0'.repeat(6000)}PK\x01\x02model.weights.h5`), 'model.export'],
  ['zip', zipOf('model.onnx', '\x08\x07'), 'Unpack'],
  ['HDF5', bytes('\x89HDF\r\n\x1a\n\0\0\0\0'), '--keras'],
  ['TensorFlow Lite', bytes('\x1c\0\0\0TFL3\x14\0 \0'), '--tflite'],
  ['.ort', bytes('\x18\0\0\0ORTM\0\0'), 'ONNX file'],
  [
    'safetensors',
    bytes(`${String.fromCharCode(header.length)}\0\0\0\0\0\0\0${header}`, '\0\0\0\0'),
    'torch.onnx.export',
  ],
  ['GGUF', bytes('GGUF\x03\0\0\0'), 'torch.onnx.export'],
  ['gzip', new Uint8Array(gzipSync(model)), 'Unpack'],
  ['Zstandard', bytes('\x28\xb5\x2f\xfd\x04'), 'Unpack'],
  ['xz', bytes('\xfd7zXZ\0\0\x04'), 'Unpack'],
  ['bzip2', bytes('BZh91AY&SY'), 'Unpack'],
  ['7z', bytes('7z\xbc\xaf\x27\x1c\0\x04'), 'Unpack'],
  ['tar', bytes(`model.onnx${'\0'.repeat(247)}ustar\x0000`), 'Unpack'],
  // saved_model_schema_version, then a MetaGraphDef with its tags and the version of TensorFlow.
  ['SavedModel', bytes('\x08\x01\x12\x1a\n\x18"\x05serve*\x062.16.1tensorflow', ''), '--saved-model'],
  ['frozen graph', bytes('\n\x1c\n\x05input\x12\x0bPlaceholder*\x06\n\x04dtyp', ''), '--graphdef'],
  ['JSON', bytes('{"error": "Repository not found"}', ''), 'download'],
];

test.each(files)('a file that is %s is named, with what leads to ONNX', (name, content, remedy) => {
  expect(() => decodeModel(content, 'model.onnx')).toThrow(
    refusal({
      code: 'MODEL_UNREADABLE',
      file: 'model.onnx',
      summary: expect.stringMatching(new RegExp(`not an ONNX model, but .*${name.replace('.', '\\.')}`)) as string,
      remedy: expect.stringContaining(remedy) as string,
    }),
  );
});

test('a model is none of them, nor is a model that was cut short', () => {
  expect(formatOf(model)).toBeUndefined();
  expect(() => decodeModel(model.subarray(0, model.length - 5))).toThrow(
    refusal({ code: 'MODEL_UNREADABLE', remedy: 'Is the file whole?' }),
  );
});
