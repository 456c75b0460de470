import { hashKeyOf } from '../balance/consistent-hash.ts';
import { isResolved } from '../balance/member-drafts.ts';
import { cookieValue } from '../balance/request-fields.ts';
import type { BalanceConfig, UpstreamConfig } from '../config/upstream-config.ts';
import { isSecretHeader, isSecretParameter } from '../config/secret-name.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { escapeControls } from '../observe/safe-text.ts';

/** Whom a request goes to, as if all targets were well. */
export interface ExplainedTarget {
  readonly upstream: string;
  readonly balance: BalanceConfig['kind'];
  /** In words. */
  readonly rule: string;
  /** Null: it is not decided by the request alone. */
  readonly chosen: string | null;
  readonly candidates: readonly ExplainedCandidate[];
}

interface ExplainedCandidate {
  readonly name: string;
  readonly weight: number;
  readonly backup: boolean;
  /** It stands for every address that its name has, which nobody was asked for. */
  readonly isName: boolean;
}

const RULES = {
  'round-robin': 'they take turns, by weight',
  'least-conn': 'whoever has the fewest requests in work, by weight',
  'random-two': 'of two that chance picks, the one with fewer requests in work',
} as const;

/** @param exchange that has ended, with the target that the balancer chose. */
export function explainTarget(config: UpstreamConfig, exchange: Exchange): ExplainedTarget {
  const { name, balance, targets } = config;
  const candidates = targets.map((target): ExplainedCandidate => ({ name: target.name, weight: target.weight, backup: target.backup, isName: isResolved(target) }));
  const primary = candidates.some(({ backup }) => !backup) ? candidates.filter(({ backup }) => !backup) : candidates;
  const { rule, isFixed } = choiceOf(balance, primary, exchange);
  const isOnly = primary.length === 1;
  return { upstream: name, balance: balance.kind, rule, chosen: isFixed || isOnly ? exchange.target : null, candidates };
}

interface Choice {
  readonly rule: string;
  /** The request alone decides. */
  readonly isFixed: boolean;
}

function choiceOf(balance: BalanceConfig, candidates: readonly ExplainedCandidate[], exchange: Exchange): Choice {
  const hasNames = candidates.some(({ isName }) => isName);
  if (balance.kind === 'hash') {
    const { of, name } = balance.key;
    const what = name === null ? of : `${of} ${name}`;
    const key = hashKeyOf(balance.key)(exchange);
    if (key === '') return { rule: `hash of ${what}, which the request does not have: ${RULES['round-robin']}`, isFixed: false };
    const rule = `hash of ${what} (${isSecretField(of, name ?? '') ? '***' : escapeControls(key)})`;
    return hasNames ? { rule: `${rule}; not computed, because it depends on the addresses behind names`, isFixed: false } : { rule, isFixed: true };
  }
  if (balance.kind !== 'sticky') return { rule: RULES[balance.kind], isFixed: false };
  const { cookie, secret, over } = balance;
  const first = `without the cookie ${cookie}, ${RULES[over]}, and the client is given one`;
  if (cookieValue(exchange.head.rawHeaders, cookie) === '') return { rule: first, isFixed: false };
  if (secret === null || hasNames) {
    const why = secret === null ? 'is signed with a key of the running gateway' : 'may name an address behind a name';
    return { rule: `the target that the cookie ${cookie} names, which ${why} and is not known here; ${first}`, isFixed: false };
  }
  const isBound = !exchange.answerHeaders.some((value, i) => i % 2 === 1 && value.startsWith(`${cookie}=`));
  return isBound ? { rule: `the target that the cookie ${cookie} names`, isFixed: true } : { rule: `the cookie ${cookie} names no target of the upstream: ${first}`, isFixed: false };
}

function isSecretField(of: string, name: string): boolean {
  return of === 'cookie' || (of === 'header' && isSecretHeader(name)) || (of === 'query' && isSecretParameter(name));
}
