import type { Fleet } from '../balance/fleet.ts';
import type { Config } from '../config/config.ts';
import type { CertificateKeeper } from '../tls/certificate-keeper.ts';
import type { AdminKeeper } from './admin-keeper.ts';
import type { Crew } from './crew.ts';
import type { GenerationPlan } from './messages.ts';
import type { PlanLedger } from './plan-ledger.ts';

/** What has a part of its own in every generation. */
export interface GenerationParts {
  readonly certificates: Pick<CertificateKeeper, 'adopt' | 'discard' | 'prepare'>;
  readonly plans: Pick<PlanLedger, 'latest' | 'make' | 'release'>;
  readonly crew: Pick<Crew, 'build' | 'discard' | 'swap'>;
  readonly admin: Pick<AdminKeeper, 'moveTo'>;
  readonly fleet: Pick<Fleet, 'adopt' | 'askNew'>;
}

interface Takeover {
  readonly config: Config;
  readonly previous: GenerationPlan;
  /** Nothing can fail any more: whoever asks what is in force is told this from now on. */
  readonly onReady: (plan: GenerationPlan) => void;
}

/**
 * Puts a configuration in the place of the one in force. Everything that can fail comes first; nothing is left of it
 * where it does.
 * @returns what is in force and still worth a word: targets that are new and do not answer.
 * @throws Error saying what cannot be taken over.
 */
export async function takeOver({ config, previous, onReady }: Takeover, { certificates, plans, crew, admin, fleet }: GenerationParts): Promise<readonly string[]> {
  const prepared = await certificates.prepare(config);
  const generation = previous.generation + 1;
  let plan: GenerationPlan;
  let warnings: readonly string[];
  try {
    plan = await plans.make(generation, config, prepared.material);
    await crew.build(plans.latest(plan));
    warnings = await fleet.askNew(plan.roster, previous.roster);
    await admin.moveTo(plan.config.listen.admin);
  } catch (error) {
    crew.discard(generation);
    plans.release(generation);
    await certificates.discard(prepared);
    throw error;
  }
  onReady(plan);
  fleet.adopt(plan.roster);
  await crew.swap(generation, previous.generation);
  certificates.adopt(prepared);
  return warnings;
}
