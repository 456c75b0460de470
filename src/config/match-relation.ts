import { regexBeginning } from '../lib/regex-beginning.ts';
import type { PathPattern, RouteMatch, ValueMatch } from './route-match.ts';
import { methodSet, literalBeginning } from './specificity.ts';

/**
 * Whether a request could exist that both matches take, as far as that can be told from matches of the same
 * host and kind: of two regular expressions it cannot, so those with the same beginning may meet.
 */
export function mayMeet(a: RouteMatch, b: RouteMatch): boolean {
  return pathsMayMeet(a.path, b.path) && methodsMeet(a.methods, b.methods) && valuesMayMeet(a.headers, b.headers) && valuesMayMeet(a.query, b.query);
}

/** Whether `a` certainly takes every request that `b` takes. Both are of the same host. */
export function covers(a: RouteMatch, b: RouteMatch): boolean {
  return pathCovers(a.path, b.path) && methodsCover(a.methods, b.methods) && valuesCover(a.headers, b.headers) && valuesCover(a.query, b.query);
}

function pathsMayMeet(a: PathPattern, b: PathPattern): boolean {
  if (a.kind !== b.kind || literalBeginning(a) !== literalBeginning(b)) return false;
  if (a.kind !== 'extension' || b.kind !== 'extension') return true;
  return a.extensions.some((one) => b.extensions.some((other) => endsAs(one, other) || endsAs(other, one)));
}

function pathCovers(a: PathPattern, b: PathPattern): boolean {
  if (a.kind === 'regex' && b.kind !== 'exact') {
    if (b.kind === 'regex' && a.source === b.source) return true;
    const { text, isWhole } = regexBeginning(a.source);
    return isWhole && (b.kind === 'regex' ? literalBeginning(b).startsWith(text) : beginsAllOf(text, b));
  }
  if (a.kind !== b.kind || literalBeginning(a) !== literalBeginning(b)) return false;
  if (a.kind !== 'extension' || b.kind !== 'extension') return true;
  return b.extensions.every((one) => a.extensions.some((other) => endsAs(one, other)));
}

/** `/api` begins everything of `/api/*`; `/api/` does not begin `/api` itself, but all of `/api/*.css` and, as `/`, every path. */
function beginsAllOf(text: string, path: PathPattern): boolean {
  const beginning = literalBeginning(path);
  const slashIsSure = path.kind === 'extension' || beginning === '';
  return (slashIsSure ? `${beginning}/` : beginning).startsWith(text);
}

/** What ends in `.tar.gz` ends in `.gz`. */
function endsAs(extension: string, other: string): boolean {
  return extension === other || extension.endsWith(`.${other}`);
}

function methodsMeet(a: RouteMatch['methods'], b: RouteMatch['methods']): boolean {
  const [one, other] = [methodSet(a), methodSet(b)];
  return one === null || other === null || [...one].some((method) => other.has(method));
}

function methodsCover(a: RouteMatch['methods'], b: RouteMatch['methods']): boolean {
  const [one, other] = [methodSet(a), methodSet(b)];
  return one === null || (other !== null && [...other].every((method) => one.has(method)));
}

/** A header or parameter has one value, so two that are asked of it exclude each other. */
function valuesMayMeet(a: readonly ValueMatch[], b: readonly ValueMatch[]): boolean {
  return a.every((one) => b.every((other) => one.name !== other.name || one.value === null || other.value === null || one.value === other.value));
}

function valuesCover(a: readonly ValueMatch[], b: readonly ValueMatch[]): boolean {
  return a.every((one) => b.some((other) => one.name === other.name && (one.value === null || one.value === other.value)));
}
