import { toBinary } from '@bufbuild/protobuf';
import { networkNames, networks, type NetworkName } from '../../benchmarks/networks';
import { ModelProtoSchema } from '../../src/onnx/onnx_pb';

describe('the seeded networks', () => {
  // GMAC and millions of parameters as their papers, or torchvision without its batch normalisations, have them.
  test.each<[NetworkName, number, number]>([
    ['resnet18-cifar', 0.56, 11.2],
    ['resnet50-cifar', 1.3, 23.5],
    ['vgg16-cifar', 0.31, 14.7],
    ['wrn28-4-cifar', 0.85, 5.8],
    ['resnet18-imagenet', 1.81, 11.7],
    ['resnet50-imagenet', 4.09, 25.5],
    ['mobilenetv2-imagenet', 0.3, 3.5],
  ])('%s costs what the network of that name costs', (name, gmacs, parameters) => {
    const network = networks[name]();
    expect(network.macs / 1e9).toBeCloseTo(gmacs, 1 + Number(gmacs < 1));
    expect(network.parameters / 1e6).toBeCloseTo(parameters, 0);
  });

  test.each(networkNames)('%s is the same for the same seed, and another for another', (name) => {
    const bytes = (seed: number): Uint8Array =>
      toBinary(ModelProtoSchema, networks[name]({ seed, width: 1 / 16, kernels: 2 }).model);
    expect(Buffer.compare(bytes(3), bytes(3))).toBe(0);
    expect(Buffer.compare(bytes(3), bytes(4))).not.toBe(0);
  });

  test.each([1, 2, 3])('GDWS with %i kernels a channel replaces every 3×3 convolution but the first', (kernels) => {
    const { model } = networks['resnet18-cifar']({ kernels, width: 1 / 16 });
    const nodes = model.graph!.node;
    const sizes = nodes.flatMap(({ attribute }) =>
      attribute.filter(({ name }) => name === 'kernel_shape').map(({ ints }) => Number(ints[0])),
    );
    const groups = nodes.flatMap(({ attribute }) => attribute.filter(({ name }) => name === 'group').map(({ i }) => i));
    expect(sizes.filter((size, index) => size === 3 && groups[index] === 1n)).toHaveLength(1);
    expect(sizes.filter((size, index) => size === 3 && groups[index]! > 1n)).toHaveLength(16);
    expect(nodes.filter(({ opType }) => opType === 'Gather')).toHaveLength(kernels === 1 ? 0 : 16);
  });
});
