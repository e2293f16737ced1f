import { toParam } from '../../benchmarks/ncnn/param';
import { networks, networkNames } from '../../benchmarks/networks';

const option = { width: 1 / 16 };

/** Type, inputs and outputs of each layer line, as ncnn's format has them. */
function parse(param: string) {
  const [magic, counts, ...lines] = param.trimEnd().split('\n');
  const layers = lines.map((line) => {
    const [type, name, inputCount, outputCount, ...words] = line.split(' ');
    const [inputs, outputs] = [Number(inputCount), Number(outputCount)];
    return {
      type: type!,
      name: name!,
      inputs: words.slice(0, inputs),
      outputs: words.slice(inputs, inputs + outputs),
      parameters: words.slice(inputs + outputs),
    };
  });
  return { magic, counts, layers };
}

test.each(networkNames.filter((name) => name.endsWith('-cifar')))(
  '%s as a .param file: each tensor written once, then read once',
  (name) => {
    const { magic, counts, layers } = parse(toParam(networks[name](option).model));
    expect(magic).toBe('7767517');
    const unread = new Set<string>();
    const written = new Set<string>();
    for (const { inputs, outputs } of layers) {
      for (const blob of inputs) expect(unread.delete(blob)).toBe(true);
      for (const blob of outputs) {
        expect(written.has(blob)).toBe(false);
        written.add(blob);
        unread.add(blob);
      }
    }
    expect([...unread]).toEqual(layers.at(-1)!.outputs);
    expect(counts).toBe(`${layers.length} ${written.size}`);
  },
);

test('layers have the sizes of the network, and their ReLU', () => {
  const { layers } = parse(toParam(networks['resnet18-cifar'](option).model));
  expect(layers[1]).toEqual({
    type: 'Convolution',
    name: 'conv1.relu',
    inputs: ['input'],
    outputs: ['conv1.relu'],
    parameters: ['0=4', '1=3', '3=1', '4=1', '5=1', '6=108', '9=1'],
  });
  const count = (type: string): number => layers.filter((layer) => layer.type === type).length;
  expect(count('Convolution')).toBe(20);
  // The others follow a sum.
  expect(count('ReLU')).toBe(8);
});

test('a network with channels repeated is refused', () => {
  expect(() => toParam(networks['resnet18-cifar']({ ...option, kernels: 2 }).model)).toThrow('Gather');
});
