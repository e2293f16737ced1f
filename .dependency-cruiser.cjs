// What each folder of src may import: `npm run lint` fails where another is imported, or files import each other in a circle.
const layers = {
  base: [],
  html: [],
  onnx: ['base'],
  graph: ['base', 'onnx'],
  program: ['base', 'onnx'],
  addon: ['base', 'program'],
  operators: ['base', 'onnx', 'program'],
  analysis: ['base', 'onnx', 'graph', 'operators'],
  engine: ['base', 'onnx', 'graph', 'program', 'addon', 'operators', 'analysis'],
  gradient: ['base', 'onnx', 'graph', 'program', 'addon', 'operators', 'analysis', 'engine'],
  data: ['base', 'onnx'],
  measure: ['base'],
  robustness: ['base', 'onnx', 'data', 'engine', 'gradient'],
  gdws: ['base', 'onnx', 'graph', 'program', 'addon'],
  latency: ['base', 'onnx', 'graph', 'program', 'addon', 'analysis', 'engine', 'measure', 'gdws', 'quantize'],
  calibrate: [
    ...['base', 'onnx', 'graph', 'program', 'addon', 'analysis', 'engine', 'gradient', 'data', 'robustness', 'gdws'],
  ],
  quantize: [
    ...[
      'base',
      'onnx',
      'graph',
      'program',
      'addon',
      'analysis',
      'engine',
      'gradient',
      'robustness',
      'gdws',
      'calibrate',
    ],
  ],
  compress: [
    ...['base', 'onnx', 'graph', 'addon', 'analysis', 'engine', 'data', 'robustness', 'gdws', 'latency', 'calibrate'],
    'quantize',
  ],
  drawing: [
    ...['base', 'html', 'onnx', 'graph', 'program', 'addon', 'operators', 'analysis', 'engine', 'measure', 'gdws'],
  ],
  batching: ['base', 'onnx', 'addon', 'engine'],
  protocol: ['base', 'onnx'],
  client: ['base', 'onnx', 'protocol'],
  serve: ['base', 'html', 'onnx', 'addon', 'engine', 'data', 'batching', 'protocol'],
  sweep: ['base', 'html', 'onnx', 'addon', 'engine', 'data', 'measure', 'robustness', 'compress'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-sees-only-what-is-below`,
      severity: 'error',
      from: { path: `^src/${layer}/` },
      to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
    })),
    {
      name: 'every-folder-is-a-layer',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `^src/((${Object.keys(layers).join('|')}|cli)/|(index|onnxruntime-node|browser)\\.ts$)`,
      },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
