import { createHmac } from 'node:crypto';

export const TOKEN_SECRET = 'a-secret-of-this-benchmark-and-of-nothing-else';

/** A JSON Web Token (HS256) of a customer, for a year. */
export function token(customer: number): string {
  const nowS = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: `customer-${customer}`, iat: nowS, exp: nowS + 31_536_000 })}`;
  return `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
