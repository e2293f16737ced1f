import { Command, InvalidArgumentError, Option } from 'commander';
import { GdwsError } from '../base/errors';
import { longestTimer } from '../base/longest-timer';
import { longestDelay, mostRows } from '../batching/bounds';
import { maxThreads } from '../engine/threads';
import { openRepository, type RepositoryOptions } from '../serve/models/open-repository';
import type { ModelConfig } from '../serve/models/model-config';
import type { ModelRepository } from '../serve/models/model-repository';
import { logLevels, settingsOf, type ServeOptions, type TlsFiles } from '../serve/options';
import { serverPackages } from '../serve/packages';
import { serve, type Server } from '../serve/server';
import { closedBySignal, endedBySignal } from '../serve/signals';
import { newToken } from '../serve/tokens';
import { finiteNumber, jsonOption, positiveInteger, threadsOption } from './arguments';
import { exitCodes } from './failure';
import { note, print, printJson } from './output';

interface ServeArguments extends Omit<ServeOptions, 'tls' | 'drainDelay' | 'grace' | 'control'> {
  readonly control: NonNullable<RepositoryOptions['control']>;
  readonly name?: string;
  readonly memory?: number;
  readonly grpc: boolean;
  readonly threads?: number;
  readonly maxBatch?: number;
  readonly maxDelay?: number;
  readonly maxQueue?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  /** Seconds. */
  readonly drainDelay?: number;
  /** Seconds. */
  readonly grace?: number;
  readonly newToken?: string;
  readonly json?: boolean;
}

/** `gdws serve`: serves the models of a folder over HTTP and gRPC. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('serve models over HTTP and gRPC, by the Open Inference Protocol')
    .argument('[folder]', 'has <model>/<version>/model.onnx, or <model>.onnx')
    .option('--host <address>', 'listen at this address; by default this machine alone can reach it', '127.0.0.1')
    .option('--http-port <port>', 'of HTTP; 0 takes any that is free', port, 8000)
    .option('--grpc-port <port>', 'of gRPC; 0 takes any that is free', port, 8001)
    .option('--no-grpc', 'leave gRPC out')
    .addOption(threadsOption().argParser(upTo(maxThreads, positiveInteger)))
    .option('--max-batch <rows>', 'gather requests into runs of up to so many rows', upTo(mostRows, positiveInteger))
    .option('--max-delay <milliseconds>', 'how long a request waits for others', upTo(longestDelay, nonNegative))
    .option('--max-queue <number>', 'requests of a model that may wait; 0: what cannot run at once is refused', count)
    .addOption(
      new Option(
        '--control <mode>',
        'models follow the folder; are loaded and unloaded by clients; or stay as they are',
      )
        .choices(['poll', 'explicit', 'none'])
        .default('poll'),
    )
    .option('--name <name>', 'the folder itself is one model, of this name')
    .option('--memory <bytes>', 'of all models together, that they may take', positiveInteger)
    .option('--token-file <file>', "hashes of clients' tokens: --new-token makes them")
    .option('--new-token <client>', 'print a new token for a client, and its line for the file; nothing is served')
    .option('--tls-cert <file>', 'certificate of the server, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--tls-client-ca <file>', 'authority by which clients must be certified, PEM')
    .option('--insecure', 'listen beyond this machine, whoever asks')
    .option('--body-limit <bytes>', 'of a request; 32 MiB by default', positiveInteger)
    .option('--pixel-limit <pixels>', 'of a picture; 50 million by default', positiveInteger)
    .option('--rate-limit <number>', 'requests a second of a client', finiteNumber)
    .option('--max-connections <number>', 'of HTTP at once; 1000 by default', positiveInteger)
    .option('--drain-delay <seconds>', 'take requests for so long after SIGTERM, not ready; 0 by default', seconds)
    .option('--grace <seconds>', 'how long requests may take to end then; 30 by default', seconds)
    .option('--open-metrics', 'answer /metrics without a token')
    .option('--triton-metrics', "have Triton's names among the metrics, too")
    .addOption(new Option('--log-level <level>', 'what is logged, to stderr').choices(logLevels).default('info'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
SIGTERM and Ctrl-C end it once all requests are answered. docs/serving.md has the paths, the client and the metrics.

Examples:
  $ gdws serve models/
  $ gdws serve models/ --max-batch 16 --max-delay 2 --max-queue 256
  $ gdws serve --new-token camera-7
  $ gdws serve models/ --host 0.0.0.0 --token-file tokens.txt --tls-cert server.pem --tls-key server.key`,
    )
    .action(async (folder: string | undefined, options: ServeArguments) => {
      if (options.newToken !== undefined) return printToken(options.newToken, options.json);
      if (folder === undefined) {
        throw new GdwsError('ARGUMENT_INVALID', 'no folder of models is given.', { remedy: 'gdws serve models/' });
      }
      const serving = servingOptions(options);
      // Before models are read, which takes a while.
      settingsOf(serving);
      await serverPackages();
      const isServed = endedBySignal();
      const { repository, server } = await served(folder, repositoryOptions(options), serving).finally(isServed);
      for (const entry of repository.index()) server.logModel(entry);
      const { http, grpc } = server;
      if (options.json) printJson({ http, grpc, models: repository.index() });
      else print(`listening on ${http}${grpc ? `, gRPC on ${grpc}` : ''}`);
      const isClean = await closedBySignal(server);
      note(isClean ? 'all requests were answered' : 'requests were cut off that did not end in time');
      // Whatever did not end in time does not keep the process, either.
      if (!isClean) process.exit(exitCodes.failed);
    });
}

async function served(
  folder: string,
  models: RepositoryOptions,
  serving: ServeOptions,
): Promise<{ repository: ModelRepository; server: Server }> {
  const logs: { server?: Server } = {};
  const repository = await openRepository(folder, { ...models, onChange: (entry) => logs.server?.logModel(entry) });
  const server = (logs.server = await serve(repository, serving).catch(async (error: unknown) => {
    await repository.close();
    throw error;
  }));
  return { repository, server };
}

function printToken(client: string, isJson = false): void {
  const { token, line } = newToken(client);
  if (isJson) return printJson({ token, line });
  note(
    `The client sends this token ('Authorization: Bearer ...'); it is not shown again. The line is for the file of --token-file.`,
  );
  print(token);
  print(line);
}

/** What is not given is left out: a model's config.json, or a default, says it. */
function repositoryOptions(options: ServeArguments): RepositoryOptions {
  const { control, name, memory: memoryBytes, threads, maxBatch, maxDelay, maxQueue } = options;
  const defaults = { threads, maxBatch, maxDelay, maxQueue };
  return { control, name, memoryBytes, defaults: JSON.parse(JSON.stringify(defaults)) as ModelConfig };
}

function servingOptions(options: ServeArguments): ServeOptions {
  const { host, httpPort, grpcPort, tokenFile, insecure, bodyLimit, pixelLimit, rateLimit } = options;
  const { maxConnections, openMetrics, tritonMetrics, logLevel, drainDelay, grace } = options;
  return {
    ...{ host, httpPort, tokenFile, insecure, bodyLimit, pixelLimit, rateLimit },
    ...{ maxConnections, openMetrics, tritonMetrics, logLevel },
    control: options.control === 'explicit',
    grpcPort: options.grpc ? grpcPort : -1,
    tls: tlsOf(options),
    drainDelay: drainDelay && Math.round(1000 * drainDelay),
    grace: grace === undefined ? undefined : Math.round(1000 * grace),
  };
}

function tlsOf({ tlsCert: cert, tlsKey: key, tlsClientCa: clientCa }: ServeArguments): TlsFiles | undefined {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  throw new GdwsError('ARGUMENT_INVALID', 'TLS needs the certificate of the server, and its key.', {
    remedy: 'Give --tls-cert and --tls-key.',
  });
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError(`'${text}' is no port, from 0 to 65535.`);
}

function seconds(text: string): number {
  const number = nonNegative(text);
  if (1000 * number <= longestTimer) return number;
  throw new InvalidArgumentError(`'${text}' is more than 24 days.`);
}

/** A number that is not above a bound. */
function upTo(most: number, parse: (text: string) => number): (text: string) => number {
  return (text) => {
    const number = parse(text);
    if (number <= most) return number;
    throw new InvalidArgumentError(`'${text}' is above ${most}.`);
  };
}

/** A whole number, from 0 on. */
function count(text: string): number {
  return text.trim() === '0' ? 0 : positiveInteger(text);
}

function nonNegative(text: string): number {
  const number = finiteNumber(text);
  if (number >= 0) return number;
  throw new InvalidArgumentError(`'${text}' is below 0.`);
}
