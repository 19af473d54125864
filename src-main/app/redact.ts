/** What must never be read in a log or a diagnostics file, whatever code wrote it there. */
const rules: readonly [RegExp, string][] = [
  [/otpauth:\/\/\S+/gi, '[authenticator link]'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[signed token]'],
  [/\b(Bearer|Basic)\s+\S+/gi, '$1 [hidden]'],
  [
    /("?(?:password|code|pin|pepper|salt|assertion|secret|token|mfaToken|setupToken|sessionToken|privateKey|presharedKey|lease|nonce|signature|proof)"?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}]+)/gi,
    '$1[hidden]',
  ],
  // A WireGuard key, a token of 256 bits, a private key: long runs without a space.
  [/(?<![\w/+-])[A-Za-z0-9+/_-]{40,}={0,2}/g, '[key]'],
  // Backup codes: groups of four or more capitals and digits.
  [/\b(?=[A-Z0-9-]*\d)[A-Z0-9]{4,}(?:-[A-Z0-9]{4,})+\b/g, '[code]'],
  [/(?<![\d.:T-])\d{3}[ -]?\d{3}(?![\d.:Z-])/g, '[code]'],
];

/** Text without codes, keys, tokens and passwords. Errs on the side of hiding. */
export function redact(text: string): string {
  return rules.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text);
}
