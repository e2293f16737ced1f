import type { ServerInterceptor } from '@grpc/grpc-js';
import { grpcStatus } from '../failure';
import type { ServerPackages } from '../packages';

/** Answers calls of a single message that does not arrive in time. Clients end such a call then, which frees its stream. */
export function arrivalLimit(
  { ServerInterceptingCall, ServerListenerBuilder, ResponderBuilder }: ServerPackages['grpc'],
  milliseconds: number,
): ServerInterceptor {
  return (method, call) => {
    if (method.requestStream) return new ServerInterceptingCall(call);
    const status = { code: grpcStatus.resourceExhausted, details: 'the message did not arrive in time.' };
    const clock = setTimeout(() => call.sendStatus(status), milliseconds).unref();
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, next) => {
        clearTimeout(clock);
        next(message);
      })
      .withOnCancel(() => clearTimeout(clock))
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };
}
