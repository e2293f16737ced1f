import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { readModel } from '../../src/onnx/read';
import { ConstantPool } from '../../src/program/constant-pool';
import { float, known, type Case } from './case';
import { fusedCases } from './cases/fused';
import { checkCases } from './check';
import { modelOf } from './oracle';
import { Random } from './random';

checkCases(fusedCases);

async function opcodesOf(tested: Case): Promise<string[]> {
  const graph = new Graph(await readModel(modelOf(tested)));
  return lowerGraph(graph, undefined, new ConstantPool()).program.operations.map(({ opcode }) => opcode);
}

const random = new Random(44);
const microsoft = { domain: 'com.microsoft', opset: 17 } as const;

test('what is fused in the model is fused in the engine', async () => {
  const [x, w, b, z] = [[1, 3, 6, 6], [4, 3, 3, 3], [4], [1, 4, 4, 4]].map((dims) => random.floats(dims));
  const convolution: Case = {
    ...microsoft,
    opType: 'FusedConv',
    inputs: [x!, known(w!), known(b!), z!],
    attributes: { activation: 'Relu' },
  };
  expect(await opcodesOf(convolution)).toEqual(['convolution']);
  const gemm: Case = {
    ...microsoft,
    opType: 'FusedGemm',
    inputs: [random.floats([2, 3]), known(random.floats([3, 5])), known(random.floats([5]))],
    attributes: { activation: 'LeakyRelu', activation_alpha: float(0.2) },
  };
  expect(await opcodesOf(gemm)).toEqual(['matmul']);
});
