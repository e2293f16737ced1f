import { native } from '../../src/addon/native';
import { compileProgram, lowerGraph } from '../../src/engine/compile';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { readModel } from '../../src/onnx/read';
import { ConstantPool } from '../../src/program/constant-pool';
import { convolutionStack, numbers } from '../runtime/models';

// Winograd's F(4×4) holds 36 numbers for each kernel of 9.
const [channels, layers, size] = [64, 4, 32];
const model = convolutionStack({ channels, layers, size });
const given = layers * channels * channels * 9 * 4;
const packed = 4 * given;
const image = () => new Tensor('float32', numbers(channels * size * size), [1, channels, size, size]);
const options = (memoryBytes: number) => ({ kernel: 'winograd4', limits: { memoryBytes }, intraOpNumThreads: 1 });

describe('memoryBytes', () => {
  test('bounds the weights as they are packed, layer by layer, and names the layer', async () => {
    const refused = InferenceSession.create(model, options(packed / 2 + 1000));
    await expect(refused).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(refused).rejects.toThrow(/Conv 'c\d'.*packed.*memoryBytes/);
  });

  test('leaves nothing of the layers that were packed before', async () => {
    const session = native().createSession(1, 'winograd4', false, packed / 2 + 1000);
    const lowered = lowerGraph(new Graph(await readModel(model)), undefined, new ConstantPool());
    expect(() => compileProgram(lowered, session)).toThrow(/packed.*memoryBytes/);
    expect(session.weightBytes).toBe(0);
  });

  test('is enough where it holds packed weights, working memory and outputs', async () => {
    const session = await InferenceSession.create(model, options(packed + 8 * channels * size * size * 4));
    const { y } = await session.run({ x: image() });
    const free = await InferenceSession.create(model, { kernel: 'winograd4', intraOpNumThreads: 1 });
    expect(y!.data).toEqual((await free.run({ x: image() })).y!.data);
    await Promise.all([session.release(), free.release()]);
  });

  test('is not enough where it only holds the packed weights', async () => {
    await expect(InferenceSession.create(model, options(packed))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});
