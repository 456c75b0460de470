import type { PathPattern } from '../config/route-match.ts';
import { headerOf, removeHeader } from '../exchange/answer-head.ts';
import { createEndingTest } from '../lib/path-ending.ts';
import { compileRegex } from '../lib/regex.ts';
import { policy } from './policy.ts';

/** Whole files, parts of them, and the word that they have not changed (RFC 9111 §4.3.4). */
const KEPT: ReadonlySet<number> = new Set([200, 206, 304]);

/** Where an upstream has its say on it; next to ours they would tell another story. */
const OWN_WORDS = ['cache-control', 'expires', 'pragma'] as const;

/** Says for how long answers may be kept, by the path that the client asked for. */
export const cacheControl = policy({
  name: 'cacheControl',
  isShared: true,
  create(config) {
    const rules = config.rules.map((rule) => ({ ...rule, test: createTest(rule.path) }));
    return {
      onAnswer({ method, path }, { status, headers }) {
        if (!KEPT.has(status) || (method !== 'GET' && method !== 'HEAD')) return;
        const rule = rules.find(({ test }) => test(path));
        if (rule === undefined || rule.value === null) return;
        if (!rule.override && OWN_WORDS.some((name) => headerOf(headers, name) !== null)) return;
        if (!rule.withCookies && headerOf(headers, 'set-cookie') !== null) return;
        for (const name of OWN_WORDS) removeHeader(headers, name);
        headers.push('Cache-Control', rule.value);
      },
    };
  },
});

function createTest(pattern: PathPattern): (path: string) => boolean {
  switch (pattern.kind) {
    case 'exact': return (path) => path === pattern.path;
    case 'regex': {
      const regex = compileRegex(pattern.source);
      return (path) => regex.test(path);
    }
    case 'extension': {
      const hasEnding = createEndingTest(pattern.prefix, new Set(pattern.extensions));
      return (path) => path.startsWith(`${pattern.prefix}/`) && hasEnding(path);
    }
    case 'prefix': {
      const below = `${pattern.prefix}/`;
      return (path) => path === pattern.prefix || path.startsWith(below);
    }
  }
}
