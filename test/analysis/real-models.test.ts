import fs from 'node:fs';
import path from 'node:path';
import { clone } from '@bufbuild/protobuf';
import { foldBatchNormalization } from '../../src/analysis/fold-batch-normalization';
import { foldConstants } from '../../src/analysis/fold-constants';
import { inferValues } from '../../src/analysis/infer';
import { removeIdentities } from '../../src/analysis/remove-identities';
import { Graph } from '../../src/graph/graph';
import { makeValueInfo } from '../../src/onnx/make';
import { ModelProtoSchema } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { floats } from '../graph/small-network';
import { evaluate } from '../onnx/oracle';
import { agreesAfter, operatorsOf } from './agreement';

const models = path.join(__dirname, '../../../shared/models');
const present = fs.existsSync(models) ? fs.readdirSync(models).filter((file) => file.endsWith('.onnx')) : [];
if (present.length === 0) console.warn(`Passes over real models are not tested: ${models} is not there.`);

const passes: [string, (graph: Graph) => void][] = [
  ['removeIdentities', removeIdentities],
  ['foldConstants', foldConstants],
  ['foldConstants with the values of fixed shapes', (graph) => foldConstants(graph, inferValues(graph))],
  ['foldBatchNormalization', foldBatchNormalization],
  ['removeDead', (graph) => graph.removeDead()],
  [
    'all of them',
    (graph) => {
      removeIdentities(graph);
      foldConstants(graph, inferValues(graph));
      foldBatchNormalization(graph);
      const rest = operatorsOf(graph);
      expect(rest).not.toContain('Shape');
      expect(rest).not.toContain('Identity');
      expect(rest).not.toContain('Constant');
    },
  ],
];

// A table of no rows is an error to jest.
(present.length > 0 ? describe : describe.skip).each(present.length > 0 ? present : ['real models'])('%s', (file) => {
  const read = async () => {
    const model = await readModel(path.join(models, file));
    const [input] = new Graph(model).inputs;
    const dims = new Graph(model).declared(input!.name)!.dims!.map((dim) => (typeof dim === 'number' ? dim : 1));
    return { model, feeds: { [input!.name]: floats(dims, 6) } };
  };

  test.each(passes)('%s keeps what it computes', async (_, pass) => {
    const { model, feeds } = await read();
    await agreesAfter(model, feeds, pass, 1e-4);
  });

  test('every tensor has the inferred type and shape, and the elements that are known', async () => {
    const { model, feeds } = await read();
    const values = inferValues(new Graph(model));
    const exposed = clone(ModelProtoSchema, model);
    const names = exposed.graph!.node.flatMap(({ output }) => output);
    exposed.graph!.output = names.map((name) => makeValueInfo(name, values.get(name)!.type, values.get(name)!.dims));
    const outputs = await evaluate(exposed, feeds);
    for (const name of names) {
      const { type, dims, constant } = values.get(name)!;
      expect([name, type, dims]).toEqual([name, outputs[name]!.type, outputs[name]!.dims]);
      if (constant) expect([name, constant]).toEqual([name, outputs[name]]);
    }
  });
});
