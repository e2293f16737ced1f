import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** Where connections come from. */
export interface Listener {
  readonly port: number;
  /** Takes no more connections; those that are there stay. */
  close(): void;
}

/** Whether an error is of an address that this machine does not have, though its name has it: `localhost` without IPv6. */
const isAbsent = (error: unknown) =>
  ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * Takes connections at each address of a host. grpc-js listens by itself too, but without a bound of connections, and prints where it cannot.
 *
 * @param port 0 takes any that is free
 * @param most connections at once at an address; further ones are closed
 * @throws errors of the system
 */
export async function listen(
  host: string,
  port: number,
  most: number,
  onConnection: (socket: Socket) => void,
): Promise<Listener> {
  const servers: net.Server[] = [];
  const close = () => servers.forEach((server) => server.close());
  let failure: unknown;
  for (const { address } of await lookup(host, { all: true })) {
    const server = net.createServer({ noDelay: true }, onConnection);
    server.maxConnections = most;
    try {
      server.listen({ host: address, port: servers[0] ? portOf(servers[0]) : port });
      await once(server, 'listening');
      servers.push(server);
    } catch (error) {
      failure = error;
      if (!isAbsent(error)) break;
    }
  }
  const [first] = servers;
  if (first && (failure === undefined || isAbsent(failure))) {
    return { port: portOf(first), close };
  }
  close();
  throw failure;
}

function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port;
}
