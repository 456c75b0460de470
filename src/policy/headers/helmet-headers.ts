import { fastifyHelmet as helmet, type FastifyHelmetOptions } from '@fastify/helmet';
import fastify from 'fastify';
import type { CspConfig, SecurityHeaders } from '../../config/policies/headers/preset.ts';
import { NO_SCHEMAS } from '../../lib/no-schemas.ts';

type CspOptions = NonNullable<Exclude<FastifyHelmetOptions['contentSecurityPolicy'], boolean>>;
type Header = readonly [name: string, value: string];

/** What helmet has said of options so far; bounded, though only configurations fill it. */
const COMPUTED_MAX = 256;
const computed = new Map<string, Promise<readonly Header[]>>();

/**
 * The security headers of some settings, as helmet writes them; Permissions-Policy, which it does not know, is ours.
 * Helmet is asked once for all routes that say the same.
 *
 * @throws Error where helmet refuses the settings
 */
export async function helmetHeaders(security: SecurityHeaders): Promise<readonly Header[]> {
  const key = JSON.stringify(security);
  const known = computed.get(key);
  if (known !== undefined) return known;
  if (computed.size >= COMPUTED_MAX) computed.clear();
  const made = compute(security);
  computed.set(key, made);
  return made;
}

async function compute(security: SecurityHeaders): Promise<readonly Header[]> {
  const headers = await answerOf(optionsOf(security));
  return security.permissions === null ? headers : [...headers, ['Permissions-Policy', security.permissions]];
}

/** Helmet writes into answers, so it gets one: a Fastify of its own, which is asked without a socket. */
async function answerOf(options: FastifyHelmetOptions): Promise<Header[]> {
  const app = fastify({ logger: false, schemaController: NO_SCHEMAS });
  try {
    const written: Header[] = [];
    app.addHook('onRequest', (_request, { raw }, done) => {
      // What is read back from an answer has lost the case of its name.
      raw.setHeader = (name, value) => {
        written.push([name, String(value)]);
        return raw;
      };
      done();
    });
    await app.register(helmet, options);
    app.get('/', (_request, reply) => {
      reply.hijack();
      reply.raw.end();
    });
    await app.inject('/');
    return written;
  } finally {
    await app.close();
  }
}

function optionsOf(security: SecurityHeaders): FastifyHelmetOptions {
  const { csp, hsts, frame, referrer, coop, coep, corp, originAgentCluster, noSniff, dnsPrefetch, downloadOptions, crossDomain, xss } = security;
  return {
    contentSecurityPolicy: csp !== null && cspOptions(csp),
    strictTransportSecurity: hsts !== null && { maxAge: hsts.maxAgeSeconds, includeSubDomains: hsts.includeSubDomains, preload: hsts.preload },
    xFrameOptions: frame !== null && { action: frame },
    referrerPolicy: referrer !== null && { policy: [...referrer] },
    crossOriginOpenerPolicy: coop !== null && { policy: coop },
    crossOriginEmbedderPolicy: coep !== null && { policy: coep },
    crossOriginResourcePolicy: corp !== null && { policy: corp },
    originAgentCluster,
    xContentTypeOptions: noSniff,
    xDnsPrefetchControl: dnsPrefetch !== null && { allow: dnsPrefetch === 'allow' },
    xDownloadOptions: downloadOptions,
    xPermittedCrossDomainPolicies: crossDomain !== null && { permittedPolicies: crossDomain },
    xXssProtection: xss,
    xPoweredBy: false,
  };
}

/** Helmet wants default-src, or to be told that its absence is meant. */
function cspOptions({ directives, reportOnly }: CspConfig): CspOptions {
  const disabled: NonNullable<CspOptions['directives']> = 'default-src' in directives ? {} : { 'default-src': helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc };
  return { useDefaults: false, directives: { ...directives, ...disabled }, reportOnly };
}
