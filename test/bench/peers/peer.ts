/** What a proxy is set up to do. Every proxy that is measured in it does the same. */
export interface Setup {
  readonly name: 'plain' | 'streams' | 'tls' | 'gzip' | 'guarded' | 'jwt' | 'routes' | 'reload' | 'idle';
  /** Routes by path prefix, `/service-N/`, all to the same target. 1: every path. */
  readonly routes: number;
  /** Value of the answer's header X-Version, which tells one configuration from the next. */
  readonly version: string;
}

export interface Place {
  /** Of this proxy alone. */
  readonly dir: string;
  readonly port: number;
  readonly targetPort: number;
  readonly setup: Setup;
  /** PEM files, and one with both, of a P-256 key for `localhost`. */
  readonly cert: string;
  readonly key: string;
  readonly both: string;
  /** The built program of Sluice. */
  readonly sluice: string;
}

export interface Peer {
  readonly name: string;
  /** Null: cannot be run here. */
  readonly program: string | null;
  /** Before it starts: it is as quick in its first second as it will ever be. */
  readonly compiled: boolean;
  can(setup: Setup): boolean;
  /** Writes its configuration. @returns arguments of `program`. */
  configure(place: Place): readonly string[];
  /** Tells a running one that its configuration has been written anew, as its documentation says. Null: it cannot be told. */
  readonly reload: ((place: Place, signal: (name: NodeJS.Signals) => void) => void | Promise<void>) | null;
}

/** What Sluice adds to answers by default, so that the others do it too. */
const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
];

/** All that every proxy adds to an answer. No HSTS: Sluice does not say it to `localhost`. */
export function answerHeaders(setup: Setup): readonly (readonly [name: string, value: string])[] {
  return [...SECURITY_HEADERS, ['X-Version', setup.version]];
}

/** The key that a guarded API asks for. Nothing is behind it. */
export const API_KEY = 'slk_CGnfUcvdXlYbTaOckFeAGWERty2rL7gf';

/** Connections that a proxy may have open, on both sides. */
export const CONNECTIONS_MAX = 30_000;

export function isTls(setup: Setup): boolean {
  return setup.name === 'tls';
}

/** Path prefixes of all routes. */
export function prefixes({ routes }: Setup): readonly string[] {
  return routes === 1 ? ['/'] : Array.from({ length: routes }, (_, i) => `/service-${i}/`);
}
