import { createHash } from 'node:crypto';
import type { DnsHookConfig } from '../../config/tls-config.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TlsLogger } from '../material.ts';
import type { ChallengeResponder } from './acme-types.ts';
import { orAborted, pause, startDeadline } from './deadline.ts';
import { callCommand, callUrl, type HookCall } from './hook-call.ts';
import { isPublished, systemLookup, type DnsLookup } from './txt-watch.ts';

/** Between two looks at the zone's name servers. */
const LOOK_MS = 2000;

interface HookServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  /** Default: the system's DNS. */
  readonly lookup?: DnsLookup;
}

/**
 * dns-01 (RFC 8555, 8.4) through a program or an HTTP hook that puts TXT records in place. Calls come one at a time,
 * because most DNS services replace a zone as a whole; several values of one name stand side by side.
 */
export class DnsHook implements Pick<ChallengeResponder, 'present' | 'remove'> {
  readonly #config: DnsHookConfig;
  readonly #services: HookServices;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(config: DnsHookConfig, services: HookServices) {
    this.#config = config;
    this.#services = services;
  }

  /** Resolves when all name servers of the zone show the record, or after `waitMs`. @throws Error with what the hook said. */
  async present(_type: string, host: string, _token: string, keyAuthorization: string): Promise<void> {
    const record = recordOf(host, keyAuthorization);
    await this.#call({ action: 'present', ...record });
    const { clock, lookup = systemLookup } = this.#services;
    const isSeen = await seenWithin(clock, this.#config.waitMs, async () => isPublished(lookup, record.fqdn, record.value));
    this.#services.logger.info(isSeen ? 'the name servers show a record for a CA' : 'a record for a CA was given its time', { fqdn: record.fqdn });
  }

  async remove(_type: string, host: string, _token: string, keyAuthorization: string): Promise<void> {
    const record = recordOf(host, keyAuthorization);
    await this.#call({ action: 'cleanup', ...record }).catch((error: unknown) => {
      this.#services.logger.warn('the DNS hook did not clean up; a record may be left in the zone', { fqdn: record.fqdn, error });
    });
  }

  async #call(call: HookCall): Promise<void> {
    const { command, url, headers, timeoutMs } = this.#config;
    const run = async (): Promise<void> => {
      if (command !== null) await callCommand(command, call, timeoutMs, this.#services.clock);
      if (url !== null) await callUrl(url, headers, call, timeoutMs);
    };
    const turn = this.#queue.then(run);
    this.#queue = turn.catch(() => undefined);
    await turn;
  }
}

function recordOf(host: string, keyAuthorization: string): { fqdn: string; value: string } {
  return { fqdn: `_acme-challenge.${host}`, value: createHash('sha256').update(keyAuthorization).digest('base64url') };
}

/** Looks again and again for `waitMs`; true as soon as `look` says so. */
async function seenWithin(clock: Clock, waitMs: number, look: () => Promise<boolean>): Promise<boolean> {
  const deadline = startDeadline(clock, Math.max(waitMs, 1), 'the wait is over');
  const { signal } = deadline;
  const again = async (): Promise<boolean> => {
    if (await orAborted(look(), signal)) return true;
    await pause(clock, LOOK_MS, signal);
    return again();
  };
  try {
    return await again();
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    deadline.end();
  }
}
