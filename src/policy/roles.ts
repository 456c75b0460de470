import { decided } from '../exchange/decided.ts';
import { requireRole } from '../exchange/identity.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { policy } from './policy.ts';

const REFUSED = decision('roles', 'refused');

/** Lets clients pass that have one of the roles. Authentication has gone before, or the configuration would have been refused. */
export const roles = policy({
  name: 'roles',
  isShared: true,
  create({ names }) {
    return {
      onAdmitted(exchange) {
        const { identity } = exchange;
        if (identity === null) throw new Error('roles are asked for, and nobody has been authenticated');
        try {
          requireRole(exchange, identity, names);
        } catch (error) {
          decided(exchange, REFUSED);
          throw error;
        }
      },
    };
  },
});
