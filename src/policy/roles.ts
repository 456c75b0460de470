import { requireRole } from '../exchange/identity.ts';
import { policy } from './policy.ts';

/** Lets clients pass that have one of the roles. Authentication has gone before, or the configuration would have been refused. */
export const roles = policy({
  name: 'roles',
  isShared: true,
  create({ names }) {
    return {
      onAdmitted({ identity }) {
        if (identity === null) throw new Error('roles are asked for, and nobody has been authenticated');
        requireRole(identity, names);
      },
    };
  },
});
