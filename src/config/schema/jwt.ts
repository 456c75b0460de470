import { Type } from '../../lib/schema-type.ts';
import { JWT_ALGORITHMS } from '../../lib/jwt-key.ts';
import { closed, oneOrMore, text } from './value.ts';

const ENTRIES_MAX = 100;

const ALGORITHMS = `one of ${JWT_ALGORITHMS.join(', ')}`;
const algorithm = Type.Enum([...JWT_ALGORITHMS], { description: 'An algorithm.', expects: ALGORITHMS });
const secret = Type.String({ maxLength: 4096, expects: 'a secret of at most 4096 characters', description: 'What issuer and gateway share, for HS256, HS384 and HS512: as long as the hash at least (32, 48, 64 bytes). One that is short, known or easy to guess is refused. Write `${NAME}` or `file:/path`.', examples: ['${JWT_SECRET}', 'file:/run/secrets/jwt'] });
const publicKey = text('file', { description: 'PEM with the public key of the issuer or its certificate, or the path of such a file: RSA of 2048 bits or more, P-256, P-384, P-521, Ed25519, Ed448.', examples: ['./issuer.pem'] });

const key = Type.Object(
  {
    kid: Type.Optional(text('word', { description: 'The name by which tokens call the key. A key without one is tried where no other has the name that a token says.' })),
    alg: Type.Optional(oneOrMore(algorithm, ALGORITHMS, { description: 'What the key may be used for. Without it: HS256 for a secret, and for a public key what its kind can.' })),
    secret: Type.Optional(secret),
    publicKey: Type.Optional(publicKey),
  },
  { ...closed, description: 'A key.', expects: '`secret` or `publicKey`, with `kid` and `alg` where needed' },
);

const defaultedJwksOptions = {
  refresh: Type.Optional(text('duration', { default: '10m', description: 'How long a set counts before it is fetched again, where the answer has no `Cache-Control: max-age`. Both are kept between 1m and 24h. A token with a `kid` that is not in the set has it fetched at once, but only every 30 seconds.' })),
  timeout: Type.Optional(text('duration', { default: '5s', description: 'How long one fetch may take, up to 60s.' })),
  allowHttp: Type.Optional(Type.Boolean({ default: false, description: 'Whether the keys may be fetched over plain HTTP from another machine. Whoever is on the way could put in a key of their own: only for networks that are yours alone. Loopback needs no permission.', expects: 'true or false' })),
};

const jwksOptions = Type.Object(
  {
    url: Type.Optional(text('httpUrl', { description: 'Where the issuer publishes its keys (its `jwks_uri`).' })),
    file: Type.Optional(text('file', { description: 'A file with such a set, read at load.' })),
    ...defaultedJwksOptions,
    ca: Type.Optional(text('file', { description: 'PEM file with the authority that vouches for the server, in place of the well-known ones.' })),
  },
  { ...closed, description: 'The same with options.', expects: '`url` or `file`' },
);

const scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()], { description: 'A value.', expects: 'a text, a number, true or false' });
const claimPath = text('word', { description: 'A claim; names with dots between them lead into maps.' });

/** Those options of a token that have a default. */
const defaultedOptions = {
  leeway: Type.Optional(text('durationOrOff', { default: '30s', description: 'How far the clocks of issuer and gateway may be apart, up to 5m: for `exp`, `nbf` and `maxAge`. `off`: not at all.' })),
  requireExp: Type.Optional(Type.Boolean({ default: true, description: 'Whether a token must have an end (`exp`). One without it is good as long as its key.', expects: 'true or false' })),
  rolesClaim: Type.Optional(text('word', { default: 'roles', description: 'The claim with the roles: a list, or a text with spaces between them. A name with dots leads into maps.', examples: ['realm_access.roles', 'scope'] })),
  from: Type.Optional(oneOrMore(text('tokenPlace', { description: 'A place.' }), 'header, header:NAME, cookie:NAME or query:NAME', {
    default: 'header',
    description: 'Where a token may stand: `header` (`Authorization: Bearer`), `header:NAME`, `cookie:NAME`, and `query:NAME` for WebSockets and event streams of browsers, which cannot send headers. What stands in the query is taken out of it, and gets neither into the log nor to the upstream. A request with two tokens is refused.',
    examples: [['header', 'cookie:session'], ['header', 'query:access_token']],
  })),
  stripToken: Type.Optional(Type.Boolean({ default: false, description: 'Whether the token is kept from the upstream: the Authorization header, and the header or cookie named in `from`. In the query it always is.', expects: 'true or false' })),
  realm: Type.Optional(text('label', { default: 'api', description: 'Shown in the `WWW-Authenticate` header of a 401.' })),
};

export const jwtSchema = Type.Object(
  {
    secret: Type.Optional(secret),
    publicKey: Type.Optional(publicKey),
    algorithms: Type.Optional(oneOrMore(algorithm, ALGORITHMS, { description: 'What tokens may be signed with, of what the keys can: for `secret` (default HS256), `publicKey` and `jwks`. Keys of `keys` have their own `alg`.', examples: ['HS512', ['RS256', 'ES256']] })),
    keys: Type.Optional(Type.Array(key, { minItems: 1, maxItems: ENTRIES_MAX, description: 'Several keys: for a change of keys, or several issuers.', expects: 'a list of keys such as `{ kid: "2026", publicKey: ./2026.pem }`', examples: [[{ kid: '2026', publicKey: './2026.pem' }, { kid: '2025', publicKey: './2025.pem' }]] })),
    jwks: Type.Optional(Type.Union([text('httpUrl', { description: 'Where the issuer publishes its keys.' }), jwksOptions], {
      description: 'A set of keys (JWKS) that the issuer publishes. It is fetched by each worker at the start and again before it runs out; while the issuer cannot be reached, the last good set counts. Where there has been none yet, the answer is 503. Only keys for signatures are taken.',
      expects: 'a URL, or a set of options with `url` or `file`',
      examples: ['https://login.example.com/.well-known/jwks.json', { url: 'http://keycloak:8080/realms/app/protocol/openid-connect/certs', allowHttp: true }],
    })),
    issuer: Type.Optional(oneOrMore(text('word', { description: 'An issuer.' }), 'the `iss` of the tokens', { description: 'Who may have issued a token: its `iss`, letter for letter. Without it, `iss` is not looked at.', examples: ['https://login.example.com/'] })),
    audience: Type.Optional(oneOrMore(text('word', { description: 'An audience.' }), 'the `aud` of the tokens', { description: 'Whom a token must be for: one of these is in its `aud`. Without it, tokens that the same issuer has made for other services are good here, too.', examples: ['api', ['api', 'admin-api']] })),
    maxAge: Type.Optional(text('duration', { description: 'Tokens issued longer ago (`iat`) are refused, whatever their `exp` says, and those that do not say when.', examples: ['12h'] })),
    claims: Type.Optional(Type.Record(Type.String(), Type.Union([scalar, Type.Array(scalar, { minItems: 1, maxItems: ENTRIES_MAX, expects: 'a list of values' })], { expects: 'a value, a list of values, or true' }), {
      propertyNames: { text: 'word' },
      maxProperties: ENTRIES_MAX,
      description: 'Claims that a token must have: a value or one of several, of which a list in the token must hold one; `true` for any value but `false`. A name with dots leads into maps.',
      expects: 'names of claims with their values',
      examples: [{ tenant: 'acme', email_verified: true, 'app.plan': ['pro', 'team'] }],
    })),
    roles: Type.Optional(oneOrMore(text('word', { description: 'A role.' }), 'the name of a role', { description: 'Only tokens with one of these roles may come in. Others get 403.', examples: [['admin'], 'editor'] })),
    forward: Type.Optional(Type.Record(Type.String(), claimPath, {
      propertyNames: { text: 'identityHeaderName' },
      maxProperties: ENTRIES_MAX,
      description: 'Claims that the upstream gets as headers. A list is sent with commas between its items (a comma in one as `%2C`), a map as JSON; what a token does not have is not sent. What clients send under these names is removed, on all routes.',
      expects: 'names of headers with claims',
      examples: [{ 'X-User': 'sub', 'X-Email': 'email', 'X-Roles': 'realm_access.roles' }],
    })),
    ...defaultedOptions,
  },
  closed,
);

/** For filling in what is not said. */
export const filledJwtSchema = Type.Required(Type.Object(defaultedOptions));
export const filledJwksSchema = Type.Required(Type.Object(defaultedJwksOptions));
