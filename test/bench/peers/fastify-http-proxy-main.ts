// node fastify-http-proxy-main.ts PORT TARGET SETUP
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { answerHeaders, type Setup } from './peer.ts';

const [, , port, upstream = '', setup = ''] = process.argv;
const headers = answerHeaders(JSON.parse(setup) as Setup);
const app = Fastify();
app.addHook('onSend', async (_request, reply) => {
  for (const [name, value] of headers) reply.header(name, value);
});
await app.register(proxy, { upstream, websocket: true });
await app.listen({ port: Number(port), host: '127.0.0.1' });
