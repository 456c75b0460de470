/** Sources by directive; a directive without any stands alone. */
export type CspDirectives = Readonly<Record<string, readonly string[]>>;

export interface HstsConfig {
  readonly maxAgeSeconds: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

export interface CspConfig {
  readonly directives: CspDirectives;
  readonly reportOnly: boolean;
}

type ReferrerPolicy =
  | 'no-referrer' | 'no-referrer-when-downgrade' | 'same-origin' | 'origin' | 'strict-origin'
  | 'origin-when-cross-origin' | 'strict-origin-when-cross-origin' | 'unsafe-url';

/** The headers that say what a browser may do with an answer. Null and false: not sent. */
export interface SecurityHeaders {
  readonly csp: CspConfig | null;
  readonly hsts: HstsConfig | null;
  readonly frame: 'deny' | 'sameorigin' | null;
  readonly referrer: readonly ReferrerPolicy[] | null;
  /** The whole value of Permissions-Policy. */
  readonly permissions: string | null;
  readonly coop: 'same-origin' | 'same-origin-allow-popups' | 'noopener-allow-popups' | 'unsafe-none' | null;
  readonly coep: 'require-corp' | 'credentialless' | 'unsafe-none' | null;
  readonly corp: 'same-origin' | 'same-site' | 'cross-origin' | null;
  readonly originAgentCluster: boolean;
  readonly noSniff: boolean;
  readonly dnsPrefetch: 'allow' | 'deny' | null;
  readonly downloadOptions: boolean;
  readonly crossDomain: 'none' | 'master-only' | 'by-content-type' | 'all' | null;
  readonly xss: boolean;
}

const YEAR_SECONDS = 365 * 86_400;

/** What is not among them is loaded by nobody and embedded nowhere. */
export const CSP_BASES: Readonly<Record<'strict' | 'api', CspDirectives>> = {
  /** Those of helmet. */
  strict: {
    'default-src': ["'self'"],
    'base-uri': ["'self'"],
    'font-src': ["'self'", 'https:', 'data:'],
    'form-action': ["'self'"],
    'frame-ancestors': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'object-src': ["'none'"],
    'script-src': ["'self'"],
    'script-src-attr': ["'none'"],
    'style-src': ["'self'", 'https:', "'unsafe-inline'"],
    'upgrade-insecure-requests': [],
  },
  api: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
};

/** Names below the host are left alone, because not all of them may have HTTPS. */
export const USUAL_HSTS: HstsConfig = { maxAgeSeconds: YEAR_SECONDS, includeSubDomains: false, preload: false };

const OFF: SecurityHeaders = {
  csp: null, hsts: null, frame: null, referrer: null, permissions: null, coop: null, coep: null, corp: null,
  originAgentCluster: false, noSniff: false, dnsPrefetch: null, downloadOptions: false, crossDomain: null, xss: false,
};

/** No ordinary app is broken by it: what a page loads is not restricted. */
const STANDARD: SecurityHeaders = {
  ...OFF,
  hsts: USUAL_HSTS,
  frame: 'sameorigin',
  referrer: ['strict-origin-when-cross-origin'],
  noSniff: true,
  crossDomain: 'none',
};

/** All that helmet does by itself; a test holds it against helmet. */
const STRICT: SecurityHeaders = {
  ...STANDARD,
  csp: { directives: CSP_BASES.strict, reportOnly: false },
  hsts: { ...USUAL_HSTS, includeSubDomains: true },
  referrer: ['no-referrer'],
  coop: 'same-origin',
  corp: 'same-origin',
  originAgentCluster: true,
  dnsPrefetch: 'deny',
  downloadOptions: true,
  xss: true,
};

export const PRESETS = {
  standard: STANDARD,
  strict: STRICT,
  api: { ...STRICT, csp: { directives: CSP_BASES.api, reportOnly: false }, frame: 'deny' },
  off: OFF,
} as const satisfies Record<string, SecurityHeaders>;

export type PresetName = keyof typeof PRESETS;
