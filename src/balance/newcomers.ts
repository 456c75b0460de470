import type { TargetConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import { CheckRuns, type Check, type CheckResult } from './check-runs.ts';
import { checkOf, type WatchedUpstream } from './health-check.ts';
import type { MemberSpec } from './member.ts';
import { createTcpCheck } from './tcp-check.ts';

/** For all together: they are asked at the same time. */
const ANSWER_MS = 2000;
const TICK_MS = 100;
/** Members asked; each is a socket of the main thread. */
const ASKED_MAX = 256;
/** Warnings in full; the others are counted. */
const WARNINGS_MAX = 20;

interface Newcomer {
  readonly upstream: WatchedUpstream;
  readonly member: MemberSpec;
}

/**
 * Asks every member that the list before did not have: its health check once where it has one, else for a connection with
 * its TLS handshake. Takes 2 s at most.
 * @returns a sentence for each that does not answer.
 */
export async function askNewcomers(upstreams: readonly WatchedUpstream[], before: readonly WatchedUpstream[], clock: Clock): Promise<readonly string[]> {
  const known = new Set(before.flatMap((upstream) => upstream.members.map((member) => identityOf(upstream, member))));
  const newcomers = upstreams.flatMap((upstream) =>
    upstream.members.filter((member) => !known.has(identityOf(upstream, member))).map((member): Newcomer => ({ upstream, member })));
  const asked = newcomers.slice(0, ASKED_MAX);
  const runs = new CheckRuns(clock, ASKED_MAX);
  const stopTicking = clock.every(TICK_MS, () => runs.expire());
  try {
    const results = await Promise.all(asked.map(async ({ upstream, member }) => {
      const { isGood, text } = await resultOf(runs, firstCheck(upstream, member));
      return isGood ? [] : [`upstream ${upstream.config.name}: the new target ${member.key} does not answer: ${text}`];
    }));
    const warnings = [...unresolved(upstreams, before), ...results.flat()];
    return [
      ...warnings.slice(0, WARNINGS_MAX),
      ...(warnings.length > WARNINGS_MAX ? [`${warnings.length - WARNINGS_MAX} more new targets do not answer`] : []),
      ...(newcomers.length > ASKED_MAX ? [`only ${ASKED_MAX} of ${newcomers.length} new targets were asked whether they answer`] : []),
    ];
  } finally {
    stopTicking();
    runs.close();
  }
}

/** Another way to reach it is another member: who answers over HTTP may not over HTTPS. */
function identityOf({ config }: WatchedUpstream, { key, target, address, port }: MemberSpec): string {
  return JSON.stringify([config.name, key, target.secure, target.path, address, port, config.protocol, config.tls]);
}

function unresolved(upstreams: readonly WatchedUpstream[], before: readonly WatchedUpstream[]): string[] {
  const known = new Set(before.flatMap((upstream) => upstream.config.targets.map((target) => nameOf(upstream, target))));
  return upstreams.flatMap((upstream) => {
    const present = new Set(upstream.members.map(({ target }) => target.name));
    const missing = upstream.config.targets.filter((target) => !present.has(target.name) && !known.has(nameOf(upstream, target)));
    return missing.map(({ name }) => `upstream ${upstream.config.name}: the new target ${name} has no address`);
  });
}

function nameOf({ config }: WatchedUpstream, { name }: TargetConfig): string {
  return `${config.name} ${name}`;
}

function firstCheck(upstream: WatchedUpstream, member: MemberSpec): Check {
  const { config } = upstream;
  return config.health === null ? createTcpCheck(member, config, null) : checkOf(upstream, member, config.health);
}

async function resultOf(runs: CheckRuns, check: Check): Promise<CheckResult> {
  return new Promise((resolve) => {
    runs.add(check, ANSWER_MS, resolve);
  });
}
