import {
  credentials, makeGenericClientConstructor, Metadata, Server, ServerCredentials, status,
  type ClientDuplexStream, type ClientReadableStream, type ClientUnaryCall, type ClientWritableStream, type ServiceError, type StatusObject,
  type CallOptions, type ServerDuplexStream, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, type ServiceDefinition,
} from '@grpc/grpc-js';
import type { Test } from 'tap';
import type { Pair } from './certificates.ts';

const pass = (message: Buffer): Buffer => message;

function method(name: string, requestStream: boolean, responseStream: boolean): ServiceDefinition[string] {
  return { path: `/test.Echo/${name}`, requestStream, responseStream, requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass };
}

/** Messages are bytes: what they mean is nothing to a gateway. */
const ECHO: ServiceDefinition = {
  unary: method('Unary', false, false), list: method('List', false, true), collect: method('Collect', true, false), chat: method('Chat', true, true),
};

type Unary = ServerUnaryCall<Buffer, Buffer>;

interface AnyCall {
  readonly metadata: Metadata;
  getPath(): string;
  on(event: 'cancelled', listener: () => void): unknown;
}

export interface GrpcUpstream {
  /** `127.0.0.1:PORT`. */
  readonly target: string;
  /** Calls that have begun, by their path. */
  readonly calls: readonly string[];
  /** Calls that the client gave up. */
  readonly cancelled: readonly string[];
  /** Ends everything at once, as a killed process does. */
  kill(): void;
  /** Takes no further calls and ends when those in work have ended (GOAWAY). */
  drain(): Promise<void>;
}

/**
 * `unary` echoes, with metadata both ways, and fails where the message is `fail`; `list` answers as many messages as it is
 * told to, `collect` how many bytes came, `chat` echoes each message; `hang` keeps any of them silent.
 */
export async function startGrpcUpstream(t: Pick<Test, 'teardown'>, pair: Pair | null = null): Promise<GrpcUpstream> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  const calls: string[] = [];
  const cancelled: string[] = [];
  const begin = (call: AnyCall): boolean => {
    calls.push(call.getPath());
    call.on('cancelled', () => cancelled.push(call.getPath()));
    return call.metadata.get('x-mode')[0] === 'hang';
  };
  server.addService(ECHO, {
    unary: (call: Unary, done: sendUnaryData<Buffer>) => {
      if (begin(call)) return;
      const trailer = new Metadata();
      trailer.set('x-trailer', 'at the end');
      trailer.set('x-binary-bin', Buffer.from([0, 255]));
      if (call.request.toString() === 'fail') {
        done({ code: status.FAILED_PRECONDITION, details: 'not now: "é"', metadata: trailer });
        return;
      }
      const head = new Metadata();
      head.set('x-echo', String(call.metadata.get('x-asked')[0] ?? ''));
      call.sendMetadata(head);
      done(null, call.request, trailer);
    },
    list: (call: ServerWritableStream<Buffer, Buffer>) => {
      if (begin(call)) return;
      const total = Number(call.request.toString());
      for (let i = 0; i < total; i++) call.write(Buffer.from(`message ${i}`));
      call.end();
    },
    collect: (call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      if (begin(call)) return;
      let bytes = 0;
      let messages = 0;
      call.on('data', (message: Buffer) => {
        bytes += message.length;
        messages++;
      });
      call.on('end', () => done(null, Buffer.from(`${messages} messages, ${bytes} bytes`)));
    },
    chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
      if (begin(call)) return;
      call.on('data', (message: Buffer) => {
        if (!call.write(message)) {
          call.pause();
          call.once('drain', () => call.resume());
        }
      });
      call.on('end', () => call.end());
      call.on('error', () => undefined);
    },
  });
  const keys = pair === null ? ServerCredentials.createInsecure() : ServerCredentials.createSsl(null, [{ private_key: Buffer.from(pair.key), cert_chain: Buffer.from(pair.cert) }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', keys, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  t.teardown(() => server.forceShutdown());
  return {
    target: `127.0.0.1:${port}`, calls, cancelled,
    kill: () => server.forceShutdown(),
    drain: async () => new Promise((resolve, reject) => server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)))),
  };
}

type Answered = (error: ServiceError | null, answer?: Buffer) => void;

export interface GrpcClient {
  unary(message: Buffer, metadata: Metadata, options: CallOptions, done: Answered): ClientUnaryCall;
  list(message: Buffer, metadata?: Metadata): ClientReadableStream<Buffer>;
  collect(metadata: Metadata, done: Answered): ClientWritableStream<Buffer>;
  chat(metadata?: Metadata): ClientDuplexStream<Buffer, Buffer>;
}

/** A client of the TLS port of a gateway on this machine. */
export function grpcClient(t: Pick<Test, 'teardown'>, port: number, ca: string): GrpcClient {
  const Client = makeGenericClientConstructor(ECHO, 'Echo');
  const client = new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(ca)), {
    'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1, 'grpc.enable_retries': 0, 'grpc.use_local_subchannel_pool': 1,
  });
  t.teardown(() => client.close());
  return client as unknown as GrpcClient;
}

export interface UnaryOutcome {
  readonly answer: string;
  readonly head: Metadata;
  readonly status: StatusObject;
}

/** One unary call, how it came out, and what came with it. Never rejects for a status. */
export async function callUnary(client: GrpcClient, message: Buffer | string, metadata: Metadata = new Metadata(), options: CallOptions = {}): Promise<UnaryOutcome> {
  let answer = '';
  let head = new Metadata();
  const call = client.unary(Buffer.from(message), metadata, options, (_error, body) => {
    answer = body?.toString() ?? '';
  });
  call.on('metadata', (fields) => {
    head = fields;
  });
  const outcome = await new Promise<StatusObject>((resolve) => call.once('status', resolve));
  return { answer, head, status: outcome };
}

/** How a stream came out, with all its messages. */
export async function readCall(call: ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>): Promise<{ readonly messages: readonly Buffer[]; readonly status: StatusObject }> {
  const messages: Buffer[] = [];
  call.on('data', (message: Buffer) => messages.push(message));
  call.on('error', () => undefined);
  const outcome = await new Promise<StatusObject>((resolve) => call.once('status', resolve));
  return { messages, status: outcome };
}
