import { Type } from '../../../lib/schema-type.ts';
import { closed, oneOrMore, text } from '../../schema/value.ts';
import { changesOption } from './changes.ts';
import { cspOption } from './csp.ts';
import { hstsOption } from './hsts.ts';
import { permissionsOption } from './permissions.ts';

const KEPT_MAX = 100;

const REFERRER_POLICIES = [
  'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url',
] as const;

/** A header with one value: sent or not. */
function onOff(description: string) {
  return Type.Union([Type.Enum(['off'], { description: 'Not sent.' }), Type.Boolean({ description: 'Sent or not.', expects: 'true or false' })], { description, expects: '`true` or `off`' });
}

function choice<const V extends string[]>(values: readonly [...V], description: string) {
  return Type.Enum<['off', ...V]>(['off', ...values], { description, expects: `one of ${values.join(', ')} and off` });
}

const referrerOption = Type.Union(
  [
    choice(REFERRER_POLICIES, 'A policy.'),
    Type.Array(Type.Enum([...REFERRER_POLICIES], { description: 'A policy.', expects: `one of ${REFERRER_POLICIES.join(', ')}` }), { minItems: 1, maxItems: REFERRER_POLICIES.length, uniqueItems: true, description: 'Policies, of which a browser takes the last one it knows.' }),
  ],
  { description: 'Referrer-Policy: what other sites are told about the page that links to them. `standard` says `strict-origin-when-cross-origin`, `strict` and `api` say `no-referrer`.', expects: 'a policy such as no-referrer, a list of them, or `off`', examples: ['same-origin'] },
);

const keepUpstreamOption = Type.Union(
  [
    Type.Boolean({ description: 'All of them, or none.', expects: 'true or false' }),
    ...oneOrMore(text('answerHeaderName', { description: 'The name of a header.' }), 'the name of a header', { description: 'Those of these names.' }, KEPT_MAX).anyOf,
  ],
  {
    description: "Headers that stay as the upstream sends them, of those that this policy would send or take out: `true` for all that it would send, `false` for none, or names. What it does not send is sent here all the same. Without it `true` with the preset `standard`, so that an app's own `DENY` is not weakened, else `false`.",
    expects: 'true, false, or names such as [Content-Security-Policy]',
    examples: [true, ['Content-Security-Policy', 'Server']],
  },
);

/** Everything that can be said of headers, by its name in the file. */
export const headersSchema = Type.Object(
  {
    preset: Type.Optional(Type.Enum(['standard', 'strict', 'api', 'off'], {
      default: 'standard',
      description: 'Where to begin; each option below changes one header of it. `standard` breaks no ordinary app: HSTS, nosniff, SAMEORIGIN, no cross-domain policies, Referrer-Policy. `strict` is all that helmet sends, with a Content-Security-Policy. `api` is for answers that are no pages: nothing may be loaded by them, and nobody may embed them. `off` sends nothing by itself.',
      expects: 'standard, strict, api or off',
    })),
    csp: Type.Optional(cspOption),
    hsts: Type.Optional(hstsOption),
    frame: Type.Optional(choice(['deny', 'sameorigin'], 'X-Frame-Options: who may show the page in a frame, for browsers that do not know `frame-ancestors`. `standard` and `strict` say `sameorigin`, `api` says `deny`.')),
    referrer: Type.Optional(referrerOption),
    permissions: Type.Optional(permissionsOption),
    coop: Type.Optional(choice(['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'], 'Cross-Origin-Opener-Policy: whether pages of other origins keep a handle on a window they opened. `strict` and `api` say `same-origin`; sign-in with a popup needs `same-origin-allow-popups`.')),
    coep: Type.Optional(choice(['require-corp', 'credentialless', 'unsafe-none'], 'Cross-Origin-Embedder-Policy: whether the page may load what does not agree to it. No preset has it; together with `coop: same-origin` it gives a page SharedArrayBuffer.')),
    corp: Type.Optional(choice(['same-origin', 'same-site', 'cross-origin'], 'Cross-Origin-Resource-Policy: who may embed the answer as an image, a script and the like. `strict` and `api` say `same-origin`.')),
    originAgentCluster: Type.Optional(onOff('Origin-Agent-Cluster: the browser keeps the origin apart from others of its site. In `strict` and `api`.')),
    noSniff: Type.Optional(onOff('X-Content-Type-Options: nosniff, so that browsers believe the Content-Type. In every preset but `off`.')),
    dnsPrefetch: Type.Optional(choice(['allow', 'deny'], 'X-DNS-Prefetch-Control: whether browsers resolve the names of links in advance. `strict` and `api` say `deny`.')),
    downloadOptions: Type.Optional(onOff('X-Download-Options: noopen, for Internet Explorer. In `strict` and `api`.')),
    crossDomain: Type.Optional(choice(['none', 'master-only', 'by-content-type', 'all'], 'X-Permitted-Cross-Domain-Policies: whether documents of Adobe programs may load data from here. `none` in every preset but `off`.')),
    xss: Type.Optional(onOff('X-XSS-Protection: 0, which turns off a filter of old browsers that did harm. In `strict` and `api`.')),
    keepUpstream: Type.Optional(keepUpstreamOption),
    hideSoftware: Type.Optional(Type.Boolean({
      default: true,
      description: 'Takes out headers by which upstreams tell what they run on: Server, X-Powered-By, X-AspNet-Version, X-AspNetMvc-Version, X-Runtime, X-Generator, X-Drupal-Dynamic-Cache and X-Varnish. Those named in `keepUpstream` stay.',
      expects: 'true or false',
    })),
    request: Type.Optional(changesOption('requestHeaderName', {
      description: "Headers of the request on its way to the upstream. Those that tell of the client (X-Forwarded-*, Host, Via) are the gateway's own.",
      whose: 'the client',
      example: { set: { 'X-Api-Version': '2' }, remove: ['Accept-Encoding'] },
    })),
    response: Type.Optional(changesOption('answerHeaderName', {
      description: "Headers of every answer, the gateway's own among them. They count before the preset.",
      whose: 'the upstream',
      example: { set: { 'Cache-Control': 'no-store' }, remove: 'X-Debug' },
    })),
  },
  closed,
);
