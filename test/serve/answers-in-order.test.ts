import { answersInOrder } from '../../src/serve/grpc/answers-in-order';

test('a stream that breaks off is not told of the end of the server any more', async () => {
  async function* messages(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1);
    await Promise.resolve();
    throw new Error('cancelled');
  }
  const stops = new Set<() => void>();
  const onStop = (stop: () => void) => {
    stops.add(stop);
    return () => stops.delete(stop);
  };
  const written: number[] = [];
  const answer = (message: Uint8Array) => Promise.resolve(message[0]!);
  const write = (one: number) => Promise.resolve(void written.push(one));
  await expect(answersInOrder(messages(), 100, answer, write, onStop)).rejects.toThrow('cancelled');
  expect(written).toEqual([1]);
  expect(stops.size).toBe(0);
});
