import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Service } from 'kubernetes-models/v1';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const TEXT = readFileSync(new URL('../../config/deploy/kubernetes/sluice.yaml', import.meta.url), 'utf8');
const MODELS = { ConfigMap, Deployment, HorizontalPodAutoscaler, Namespace, PodDisruptionBudget, Service, StatefulSet };

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

const manifests = parseAllDocuments(TEXT).map((document) => document.toJS() as Manifest);

function isKnown(kind: string): kind is keyof typeof MODELS {
  return Object.hasOwn(MODELS, kind);
}

await t.test('every manifest is valid by the schema of its kind', async (t) => {
  t.strictSame(manifests.map(({ kind }) => kind), ['Namespace', 'ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'StatefulSet', 'Service']);
  for (const manifest of manifests) {
    const { kind } = manifest;
    if (!isKnown(kind)) throw new Error(`no schema for ${kind}`);
    const model = new MODELS[kind](manifest as never);
    t.doesNotThrow(() => model.validate(), kind);
  }
  t.throws(() => new Deployment({ spec: { replicas: 'two' } } as never).validate(), 'the schema finds what is wrong');
});

await t.test('the configuration in the ConfigMap is valid', async (t) => {
  const file = path.join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['gateway.yaml'] ?? '');
  const { config, warnings } = loadConfig(file, { env: {} });
  t.equal(config.routes.length, 1);
  t.match(warnings.map(({ message }) => message), [/^for ACME, port 443 of the host must lead to our port 8443/], 'as the Service does');
});

await t.test('probes ask the ports and paths that there are, and a pod has more time to end than its drain takes', async (t) => {
  const [, drain = ''] = /drainTimeout: (\d+)s/.exec(TEXT) ?? [];
  const [, grace = ''] = /terminationGracePeriodSeconds: (\d+)/.exec(TEXT) ?? [];
  t.ok(Number(grace) > Number(drain) + 5);
  t.strictSame([...TEXT.matchAll(/httpGet: \{ path: (\S+), port: (\w+) \}/g)].map(([, where, port]) => `${where} ${port}`), ['/liveness admin', '/liveness admin', '/readiness admin']);
});
