import { fromBinary, toBinary, type DescMethod, type DescService, type Message } from '@bufbuild/protobuf';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { grpcStatus, ProtocolError } from '../failure';

/**
 * A service as grpc-js takes it. Requests stay bytes until they are handled: who sent them is checked first, and what is no message is
 * answered as the client's fault.
 */
export function definitionOf(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [
      method.name,
      {
        path: `/${service.typeName}/${method.name}`,
        requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
        responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
      },
    ]),
  );
}

/** The request of a method. @throws ProtocolError where the bytes are none */
export function decoded(method: DescMethod, bytes: Uint8Array): Message {
  try {
    return fromBinary(method.input, bytes);
  } catch {
    throw new ProtocolError(400, grpcStatus.invalidArgument, `the request is no ${method.input.typeName}.`);
  }
}
