import fastify from 'fastify';
import type { Test } from 'tap';
import { addLimits } from '../../src/admin/admin-limits.ts';
import { addConfigRoutes } from '../../src/admin/config-routes.ts';
import { configValues, type ConfigValue } from '../../src/admin/config-values.ts';
import { AdminProblem, sendProblem } from '../../src/admin/problem.ts';
import { type DigestQuestion, samePaths } from '../../src/admin/value-digest.ts';
import type { ListenAddress } from '../../src/config/config.ts';
import { loadText } from '../helpers/config-text.ts';
import { portOf } from '../helpers/handshake.ts';
import { SampleServices } from '../admin/sample-services.ts';

class FileServices extends SampleServices {
  readonly #text: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(text: string, env: Readonly<Record<string, string>>) {
    super();
    this.#text = text;
    this.#env = env;
  }

  override configValues(withDefaults: boolean): ConfigValue[] {
    return this.#read(withDefaults).map(({ path, value, from }) => ({ path, value, from }));
  }

  override async sameValues(question: DigestQuestion): Promise<readonly string[]> {
    return samePaths(this.#read(false), question);
  }

  #read(withDefaults: boolean): ReturnType<typeof configValues> extends Generator<infer V> ? V[] : never {
    const { root, config } = loadText(this.#text, { env: this.#env });
    return [...configValues(root, config.routes.map(({ id }) => id), withDefaults)];
  }
}

export interface ConfigServer {
  readonly address: ListenAddress;
  /** Everything that was sent to it. */
  readonly bodies: readonly string[];
}

/**
 * The part of an admin server that tells of a configuration, which is in force there; with one worker. Closed at teardown.
 * @param canCompare false: it is older than comparisons.
 */
export async function startConfigServer(t: Pick<Test, 'teardown'>, text: string, env: Readonly<Record<string, string>> = {}, canCompare = true): Promise<ConfigServer> {
  const bodies: string[] = [];
  const app = fastify({ bodyLimit: 16_384 });
  await addLimits(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    bodies.push(String(body));
    done(null, body);
  });
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error instanceof AdminProblem ? error : new AdminProblem(500, 'Bug', String(error))));
  if (!canCompare) app.addHook('onRequest', async (request, reply) => (request.url === '/config/compare' ? reply.code(404).send({}) : undefined));
  const services = new FileServices(text, env);
  app.get('/health', () => services.status());
  addConfigRoutes(app, services);
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => app.close());
  return { address: { host: '127.0.0.1', port: portOf(app.server) }, bodies };
}
