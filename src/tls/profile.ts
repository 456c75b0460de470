import { createSecureContext, type SecureContextOptions } from 'node:tls';

const CIPHER_SUITES = [
  // TLS 1.3
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  // TLS 1.2, forward secret and authenticated, all of them
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** In order of preference. The first is hybrid post-quantum and needs OpenSSL 3.5. */
const GROUPS = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'];

/**
 * Versions, ciphers and groups of every public TLS server: Mozilla's "intermediate" configuration,
 * guideline 6.0 (ssl-config.mozilla.org/guidelines/6.0.json), which is 5.7 of May 2023 without finite-field
 * DHE, expensive for the server (CVE-2002-20001), and with X25519MLKEM768. Any client since 2015 gets in.
 */
export const tlsProfile = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHER_SUITES.join(':'),
  ecdhCurve: GROUPS.filter(isSupported).join(':'),
  // All suites are good ones, so a phone without AES instructions may choose ChaCha20.
  honorCipherOrder: false,
} as const satisfies SecureContextOptions;

/** Node 20 and 22 are built with an OpenSSL that does not know the hybrid group, and name it in an error. */
function isSupported(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group });
    return true;
  } catch {
    return false;
  }
}
