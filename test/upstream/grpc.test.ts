import { Readable } from 'node:stream';
import t from 'tap';
import { isGrpcCall } from '../../src/upstream/grpc.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('a gRPC call is known by its content type, and by the body that every call has', async (t) => {
  const cases = [
    ['application/grpc', true], ['Application/GRPC+proto', true], ['application/grpc; charset=x', true],
    ['application/grpc-web', false], ['application/json', false], ['', false],
  ] as const;
  for (const [type, expected] of cases) {
    const { exchange } = sampleExchange({ method: 'POST', headers: ['X-Other', 'application/grpc', 'Content-Type', type] });
    t.equal(isGrpcCall(exchange), false, 'no body');
    exchange.body = new Readable({ read: () => undefined });
    t.equal(isGrpcCall(exchange), expected, type);
  }
});
