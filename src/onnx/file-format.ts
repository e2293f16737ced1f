/** A file format that is not ONNX, and how to get an ONNX model from it. */
export interface FileFormat {
  readonly name: string;
  readonly remedy: string;
}

interface Format extends FileFormat {
  readonly matches: (head: string, bytes: Uint8Array) => boolean;
}

const headBytes = 4096;

const begins = (magic: string) => (head: string) => head.startsWith(magic);
const at = (offset: number, magic: string) => (head: string) => head.startsWith(magic, offset);

const unpack = 'Unpack it first.';
const exportFromPytorch =
  'It has no graph that could be read: load it in Python, and export the network by torch.onnx.export.';
const isPicture = 'Was it given in the place of the model?';

/** Recognized by their first bytes; the first match counts. */
const formats: readonly Format[] = [
  {
    name: 'an empty file',
    remedy: 'Fetch it anew, or export the model again.',
    matches: (_, bytes) => bytes.length === 0,
  },
  {
    name: 'a Git LFS pointer, which stands for a file that was not fetched',
    remedy: "Run 'git lfs pull' where it came from.",
    matches: begins('version https://git-lfs.github.com/spec/'),
  },
  {
    name: 'a page of HTML, as a download that failed leaves',
    remedy: "Fetch the file itself: its address often has 'raw' or 'resolve' in it; a login may be needed.",
    matches: (head) => /^(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<body)/i.test(head),
  },
  {
    name: 'an OpenVINO model or other XML',
    remedy: 'Take the ONNX file that it was converted from.',
    matches: begins('<?xml'),
  },
  { name: 'a PNG picture', remedy: isPicture, matches: begins('\x89PNG\r\n\x1a\n') },
  { name: 'a JPEG picture', remedy: isPicture, matches: begins('\xff\xd8\xff') },
  { name: 'a GIF picture', remedy: isPicture, matches: begins('GIF8') },
  {
    name: 'a WebP picture',
    remedy: isPicture,
    matches: (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8),
  },
  {
    name: 'an array of numpy',
    remedy: 'Was it given in the place of the model?',
    matches: begins('\x93NUMPY'),
  },
  {
    name: 'a PyTorch file (a zip archive with pickled tensors)',
    remedy: exportFromPytorch,
    matches: (head) => head.startsWith('PK\x03\x04') && /data\.pkl|archive_format|\/version|byteorder/.test(head),
  },
  {
    name: 'a Keras 3 archive',
    remedy: "Load it in Python, and export it by model.export('model.onnx', format='onnx').",
    matches: (head, bytes) => head.startsWith('PK\x03\x04') && text(bytes.subarray(-headBytes)).includes('weights.h5'),
  },
  { name: 'a zip archive', remedy: unpack, matches: begins('PK\x03\x04') },
  {
    name: 'a Python pickle, as old versions of torch.save write',
    remedy: exportFromPytorch,
    matches: (head) => head.startsWith('\x80') && '\x02\x03\x04\x05'.includes(head.charAt(1) || ' '),
  },
  {
    name: 'an HDF5 file, as Keras writes',
    remedy: "Convert it: 'python -m tf2onnx.convert --keras model.h5 --output model.onnx'.",
    matches: begins('\x89HDF\r\n\x1a\n'),
  },
  {
    name: 'a TensorFlow Lite model',
    remedy: "Convert it: 'python -m tf2onnx.convert --tflite model.tflite --output model.onnx'.",
    matches: at(4, 'TFL3'),
  },
  {
    name: "a model in onnxruntime's own format (.ort)",
    remedy: 'Take the ONNX file that it was made from.',
    matches: at(4, 'ORTM'),
  },
  {
    name: 'a safetensors file, which has weights but no graph',
    remedy: 'Load the weights into the network in Python, and export it by torch.onnx.export.',
    matches: (head, bytes) => head[8] === '{' && headerLength(bytes) <= bytes.length - 8,
  },
  {
    name: 'a GGUF file, which has weights but no graph',
    remedy: 'Take the network that it was made from, and export it by torch.onnx.export.',
    matches: begins('GGUF'),
  },
  { name: 'a gzip archive', remedy: unpack, matches: begins('\x1f\x8b') },
  { name: 'a Zstandard archive', remedy: unpack, matches: begins('\x28\xb5\x2f\xfd') },
  { name: 'an xz archive', remedy: unpack, matches: begins('\xfd7zXZ\0') },
  { name: 'a bzip2 archive', remedy: unpack, matches: begins('BZh') },
  { name: 'a 7z archive', remedy: unpack, matches: begins('7z\xbc\xaf\x27\x1c') },
  { name: 'a tar archive', remedy: unpack, matches: at(257, 'ustar') },
  {
    name: 'a TensorFlow SavedModel',
    remedy: "Convert its folder: 'python -m tf2onnx.convert --saved-model <folder> --output model.onnx'.",
    matches: (head, bytes) =>
      head.startsWith('\x08\x01\x12') && text(bytes.subarray(0, 2 ** 20)).includes('tensorflow'),
  },
  {
    name: 'a frozen graph of TensorFlow',
    remedy:
      "Convert it: 'python -m tf2onnx.convert --graphdef model.pb --inputs <names> --outputs <names> --output model.onnx'.",
    matches: (head) => head.startsWith('\n') && /Placeholder|Const/.test(head),
  },
  {
    name: 'JSON text',
    remedy: 'Was it given in the place of the model, or is it the message of a download that failed?',
    matches: (head) => /^\s*[{[]\s*["{[\]}]/.test(head),
  },
];

/** The format of bytes that are no ONNX model; `undefined` where it is not known. */
export function formatOf(bytes: Uint8Array): FileFormat | undefined {
  const head = text(bytes.subarray(0, headBytes));
  return formats.find(({ matches }) => matches(head, bytes));
}

/** Decodes one character per byte. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Length of a safetensors file's header, which is its first eight bytes. */
function headerLength(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}
