// node fastify-http-proxy-main.ts PORT TARGET
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { SECURITY_HEADERS } from './peer.ts';

const [, , port, upstream = ''] = process.argv;
const app = Fastify();
app.addHook('onSend', async (_request, reply) => {
  for (const [name, value] of SECURITY_HEADERS) reply.header(name, value);
});
await app.register(proxy, { upstream, websocket: true });
await app.listen({ port: Number(port), host: '127.0.0.1' });
