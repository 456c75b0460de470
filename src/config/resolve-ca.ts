import type { Context } from './context.ts';
import { KNOWN_CAS } from './known-ca.ts';
import { readAuthorities } from './pem.ts';
import type { RawAcme } from './schema/file.ts';
import type { AcmeCaConfig } from './tls-config.ts';

type OneOf<T> = T extends readonly (infer Item)[] ? Item : T;
type RawCa = OneOf<NonNullable<RawAcme['ca']>>;
type FullCa = Exclude<RawCa, string>;

/** An authority of the file, which must be valid. Reports one without a directory, and one that needs an account binding and has none. */
export function resolveCa(raw: RawCa, path: readonly (string | number)[], context: Context): AcmeCaConfig {
  const full: FullCa = typeof raw === 'string' ? { name: raw } : raw;
  const known = full.name === undefined ? undefined : KNOWN_CAS.get(full.name);
  const directory = full.directory ?? known?.directory;
  if (directory === undefined) {
    const names = [...KNOWN_CAS.keys()].join(', ');
    context.report.error(context.at(...path), '`directory` is missing', `Write the URL of its ACME directory, or one of the names ${names}.`);
  }
  // With a directory of its own, a known name is a name like any other.
  const needsBinding = known?.needsBinding === true && (full.directory === undefined || full.directory === known.directory);
  if (needsBinding && full.eab === undefined) {
    const hint = `Write \`{ name: ${full.name}, eab: { kid: …, hmacKey: … } }\` with what ${full.name} shows in your account there.`;
    context.report.error(context.at(...path), `\`${full.name}\` needs \`eab\`, the binding to your account`, hint);
  }
  return {
    name: full.name ?? hostOf(directory),
    directory: directory ?? '',
    stagingDirectory: full.staging ?? (full.directory === undefined ? (known?.staging ?? null) : null),
    trust: full.trust === undefined ? null : readAuthorities(context.at(...path, 'trust'), full.trust, context),
    eab: full.eab ?? null,
    profile: full.profile ?? null,
  };
}

function hostOf(directory: string | undefined): string {
  return directory === undefined ? '' : (URL.parse(directory)?.host ?? '');
}
