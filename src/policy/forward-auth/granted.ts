import type { Identity } from '../../exchange/identity.ts';
import type { ForwardAuthConfig } from '../../config/policies/forward-auth.ts';
import type { AuthAnswer } from './auth-call.ts';

/** What a yes of the service means. */
export interface Grant {
  readonly identity: Identity;
  /** Headers for the upstream. */
  readonly told: readonly (readonly [name: string, value: string])[];
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function grantOf({ rawHeaders }: AuthAnswer, { forward, user, roles }: Pick<ForwardAuthConfig, 'forward' | 'user' | 'roles'>): Grant {
  const values = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const before = values.get(name);
    const value = readable(rawHeaders[i + 1]!);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return {
    identity: {
      kind: 'forwardAuth',
      name: (user === null ? undefined : values.get(user)) ?? '',
      roles: ((roles === null ? undefined : values.get(roles)) ?? '').split(',').map((role) => role.trim()).filter((role) => role !== ''),
      claims: {},
    },
    told: forward.flatMap((name) => {
      const value = values.get(name.toLowerCase());
      return value === undefined || value === '' ? [] : [[name, value] as const];
    }),
  };
}

/** Node reads each byte as a character; names of people come as UTF-8. */
function readable(value: string): string {
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
