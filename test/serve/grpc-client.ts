import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';

/** A client of gRPC on the generated messages. */
export class GrpcClient {
  readonly client: Client;

  constructor(
    address: string,
    given: ChannelCredentials = credentials.createInsecure(),
    private readonly headers: Record<string, string> = {},
  ) {
    this.client = new Client(address, given, { 'grpc.max_receive_message_length': -1 });
  }

  /** The answer to a message; rejects with the error of grpc-js. */
  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    message: MessageInitShape<Input>,
    options: CallOptions = {},
    headers: Record<string, string> = {},
  ): Promise<MessageShape<Output>> {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, message)));
    return this.send(pathOf(method), bytes, options, headers).then((answer) => fromBinary(method.output, answer));
  }

  /** Sends bytes, whatever they are. */
  send(path: string, bytes: Buffer, options: CallOptions = {}, headers: Record<string, string> = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const metadata = this.metadata(headers);
      this.client.makeUnaryRequest(path, same, same, bytes, metadata, options, (error, answer) =>
        error ? reject(error) : resolve(answer!),
      );
    });
  }

  watch<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodServerStreaming<Input, Output>,
    message: MessageInitShape<Input>,
  ) {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, message)));
    const read = (answer: Buffer) => fromBinary(method.output, answer);
    return this.client.makeServerStreamRequest(pathOf(method), same, read, bytes, this.metadata());
  }

  stream<Input extends DescMessage, Output extends DescMessage>(method: DescMethodBiDiStreaming<Input, Output>) {
    const write = (message: MessageInitShape<Input>) =>
      Buffer.from(toBinary(method.input, create(method.input, message)));
    const read = (answer: Buffer) => fromBinary(method.output, answer);
    return this.client.makeBidiStreamRequest(pathOf(method), write, read, this.metadata());
  }

  close(): void {
    this.client.close();
  }

  private metadata(more: Record<string, string> = {}): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries({ ...this.headers, ...more })) metadata.set(name, value);
    return metadata;
  }
}

/** The status with which a call fails. */
export async function statusOf(call: Promise<unknown>): Promise<readonly [code: number, details: string]> {
  try {
    await call;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return [code, details];
  }
  return [0, ''];
}

function pathOf(method: { readonly parent: { readonly typeName: string }; readonly name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
