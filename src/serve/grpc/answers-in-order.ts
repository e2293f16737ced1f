/** Messages of a stream that are under way at once: two full runs of the default size, one that runs and one that gathers. */
const mostMessages = 32;

/**
 * Answers messages at once, as they come, and writes the answers in their order. So many are under way that runs can be filled, and no
 * more: {@link mostMessages}, and together no more bytes than `mostBytes`, unless it is one alone.
 *
 * @param answer must not reject
 * @param write resolves once more may be written
 * @param onStop calls back once no more messages are to be taken; gives what takes that back
 */
export async function answersInOrder<Message>(
  messages: AsyncIterable<Uint8Array>,
  mostBytes: number,
  answer: (message: Uint8Array) => Promise<Message>,
  write: (message: Message) => Promise<void>,
  onStop: (stop: () => void) => () => void,
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  let isStopped = false;
  let wake = () => {};
  const forget = onStop(() => {
    isStopped = true;
    wake();
  });
  const next = () =>
    new Promise<Uint8Array | undefined>((resolve, reject) => {
      wake = () => resolve(undefined);
      iterator.next().then(({ done, value }) => resolve(done ? undefined : value), reject);
    });
  const underWay: { readonly written: Promise<void>; readonly bytes: number }[] = [];
  let sum = 0;
  let last = Promise.resolve();
  try {
    for (let message = await next(); message && !isStopped; message = await next()) {
      const bytes = message.length;
      while (underWay.length > 0 && (underWay.length >= mostMessages || sum + bytes > mostBytes)) {
        const oldest = underWay.shift()!;
        await oldest.written;
        sum -= oldest.bytes;
      }
      const [before, answered] = [last, answer(message)];
      last = before.then(async () => write(await answered));
      underWay.push({ written: last, bytes });
      sum += bytes;
    }
  } finally {
    forget();
  }
  await last;
}
